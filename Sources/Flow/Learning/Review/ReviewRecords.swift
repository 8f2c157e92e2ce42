// Files and counts as the records of their projections. A field of an example that has no value is left out.
internal import Basics
public import Events

/// Writes what review publishes; one a task, its buffers are used again.
public struct ReviewRecords {
  private var examples = ProjectionWriter(LearningExampleField.self)
  private var queue = ProjectionWriter(AnnotationQueueField.self)
  private var progress = ProjectionWriter(AnnotationProgressField.self)

  public init() {}

  private static func fraction(_ hundredths: Int?) -> Double? { hundredths.map { Double($0) / 100 } }

  /// A record of learning-examples.
  public mutating func example(
    _ example: Candidate, _ standing: ExampleStanding, at position: EventPosition
  ) -> [UInt8] {
    let content = example.content
    let quality = standing.quality_hundredths(proposed: content.quality_hundredths)
    return examples.write(organization: example.organization, position: position) { writer in
      writer.text(.exampleID, example.id)
      writer.text(.agent, example.agent)
      writer.choice(.exampleType, content.type)
      writer.text(.inputContext, content.inputContext)
      writer.text(.inputText, content.inputText)
      writer.text(.originalOutput, content.originalOutput)
      writer.text(.expectedOutput, standing.review?.expectedOutput ?? content.expectedOutput)
      writer.text(.outputA, content.outputA)
      writer.text(.outputB, content.outputB)
      writer.choice(.preferred, content.preferred)
      writer.number(.strength, content.strength)
      Self.write(content.steps, &writer)
      writer.text(.domain, content.domain)
      writer.text(.taskType, content.taskType)
      writer.choice(.complexity, content.complexity)
      writer.texts(.jurisdictions, content.jurisdictions)
      writer.texts(.tags, content.tags)
      writer.number(.qualityScore, Self.fraction(quality))
      writer.number(.confidence, Self.fraction(content.confidence_hundredths))
      writer.choice(.sourceType, content.sourceType)
      writer.text(.sourceUserID, content.sourceUserID)
      writer.text(.sourceExecutionID, content.sourceExecutionID)
      Self.write(standing, quality, &writer)
      if content.isCut { writer.boolean(.cut, true) }
      Self.write(standing.annotations, &writer)
      writer.number(.agreementPercentage, standing.agreement.percentage)
      writer.number(.agreementAlpha, standing.agreement.alpha)
      writer.records(.history, TransitionField.self, standing.history) { transition, writer in
        writer.choice(.what, transition.what)
        writer.time(.at, transition.at)
        writer.text(.by, transition.by)
        writer.text(.subject, transition.subject)
      }
      writer.time(.createdAt, standing.createdAt)
      writer.time(.updatedAt, standing.updatedAt)
    }
  }

  private static func write(_ steps: [ExampleContent.Step], _ writer: inout FieldWriter<LearningExampleField>)
  {
    writer.records(.steps, ExampleStepField.self, steps) { step, writer in
      writer.text(.action, step.action)
      writer.text(.detail, step.detail)
      writer.object(.arguments, step.arguments.map { Array($0.utf8) })
      writer.text(.result, step.result)
      writer.number(.duration_ms, step.duration_ms)
    }
  }

  private static func write(
    _ standing: ExampleStanding, _ quality: Int?, _ writer: inout FieldWriter<LearningExampleField>
  ) {
    writer.choice(.reviewStatus, standing.status)
    writer.text(.reviewedBy, standing.review?.reviewerID)
    writer.time(.reviewedAt, standing.reviewedAt)
    writer.text(.reviewNotes, standing.review?.notes)
    writer.whole(.timesUsedInTraining, 0)
    writer.boolean(.active, standing.isActive)
    writer.boolean(.available, standing.isAvailable(quality))
  }

  private static func write(
    _ annotations: [ExampleStanding.Annotation], _ writer: inout FieldWriter<LearningExampleField>
  ) {
    writer.records(.annotations, AnnotationField.self, annotations) { annotation, writer in
      let content = annotation.content
      writer.text(.annotationID, content.id)
      writer.text(.expertID, content.expertID)
      writer.text(.annotationType, content.type)
      writer.object(.annotationData, content.data.map { Array($0.utf8) })
      let fields: [AnnotationField] = [.technicalAccuracy, .professionalQuality, .completeness, .clarity]
      for (field, value) in zip(fields, content.dimensions) {
        writer.number(field, value.map { Double($0) / 1000 })
      }
      writer.text(.notes, content.notes)
      writer.text(.improvementSuggestions, content.suggestions)
      writer.boolean(.verified, annotation.isVerified)
      writer.text(.verifiedBy, annotation.verifiedBy)
      writer.boolean(.superseded, annotation.isSuperseded)
      writer.time(.createdAt, annotation.createdAt)
    }
  }

  /// A record of annotation-queue, nil when the example is not in it.
  public mutating func queueItem(
    _ example: Candidate, _ standing: ExampleStanding, at position: EventPosition
  ) -> [UInt8]? {
    guard standing.isQueued else { return nil }
    let content = example.content
    return queue.write(organization: example.organization, position: position) { writer in
      writer.text(.exampleID, example.id)
      writer.text(.agent, example.agent)
      writer.choice(.exampleType, content.type)
      writer.whole(.priority, standing.priority(of: content))
      writer.number(.confidence, Self.fraction(content.confidence_hundredths))
      writer.whole(.annotations, standing.annotations.count { !$0.isSuperseded })
      writer.number(.agreementPercentage, standing.agreement.percentage)
      writer.text(.domain, content.domain)
      writer.text(.taskType, content.taskType)
      writer.choice(.complexity, content.complexity)
      writer.time(.createdAt, standing.createdAt)
    }
  }

  /// A record of annotation-progress.
  public mutating func progress(
    of agent: String, in organization: String, task: Int32, _ review: AgentReview
  ) -> [UInt8] {
    progress.write(organization: organization, position: review.position) { writer in
      writer.text(.agent, agent)
      writer.whole(.task, task)
      writer.whole(.pending, review.pending)
      writer.records(.days, ReviewDayField.self, review.days) { day, writer in
        let midnight = EventTime(milliseconds: Int64(day.number) * 86_400_000)
        writer.text(.day, String(midnight.description.prefix { $0 != "T" }))
        writer.whole(.annotated, day.annotated)
        writer.whole(.verified, day.verified)
        writer.whole(.approved, day.approved)
        writer.whole(.rejected, day.rejected)
      }
      for (field, agreement) in [
        (AnnotationProgressField.annotationAgreement, review.annotations),
        (.decisionAgreement, review.decisions),
      ] where agreement.pairs > 0 {
        writer.group(field, AgreementField.self) {
          $0.whole(.pairs, agreement.pairs)
          $0.whole(.agreeingPairs, agreement.agreeingPairs)
          $0.number(.alpha, agreement.alpha)
        }
      }
    }
  }
}
