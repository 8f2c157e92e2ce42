// Who appears in a story: agents with what they are asked, users, experts. All of it made up.
internal import Basics

/// An agent.
struct Player {
  var organization: String
  var name: String
  /// Its share of all executions, in hundredths.
  var share: Int
  var taskType: String
  var domain: String
  var tools: [String]
  /// Milliseconds of a usual execution.
  var duration_ms: Int
  /// Of a hundred executions, how many end in an error.
  var errors: Int
  var exchanges: [Exchange]
}

/// What somebody asked, what the agent answers, and what it should have answered when it is wrong.
struct Exchange {
  var input: String
  var output: String
  var correction: String
  var issue: String
}

/// All who appear.
struct Cast {
  static let experts = ["expert-ada", "expert-ben"]
  static let users = 400
  /// Whose prompt is rolled out in the scenario of the bad canary, and compared in the experiment.
  static let leading = 0

  static let players: [Player] = [
    Player(
      organization: "acme", name: "airline", share: 40, taskType: "rebooking", domain: "travel",
      tools: ["find_booking", "search_flights", "change_booking"], duration_ms: 2400, errors: 1,
      exchanges: [
        Exchange(
          input: "My flight to Lisbon was cancelled. Can I leave on Friday instead?",
          output: "You are booked on the 9:40 on Friday; there is no charge.",
          correction: "You are booked on the 9:40 on Friday; there is no charge, and your seat is kept.",
          issue: "incomplete"),
        Exchange(
          input: "How many bags may I take in economy light?",
          output: "Two bags of 23 kg are included.",
          correction: "One cabin bag of 8 kg is included; a checked bag costs extra.", issue: "incorrect"),
        Exchange(
          input: "I want my money back for the delayed connection, write to jo.doe@example.com",
          output: "Your request has been passed on.",
          correction: "A delay of four hours entitles you to 400 euros; I have filed the claim.",
          issue: "unclear"),
      ]),
    Player(
      organization: "acme", name: "triage", share: 25, taskType: "classification", domain: "support",
      tools: ["read_ticket", "set_queue"], duration_ms: 700, errors: 1,
      exchanges: [
        Exchange(
          input: "The invoice of May shows the wrong address.", output: "queue: technical",
          correction: "queue: billing", issue: "incorrect"),
        Exchange(
          input: "The app closes when I open a photo.", output: "queue: technical",
          correction: "queue: mobile", issue: "incorrect"),
      ]),
    Player(
      organization: "globex", name: "billing", share: 20, taskType: "question", domain: "finance",
      tools: ["find_invoice", "explain_line"], duration_ms: 1500, errors: 2,
      exchanges: [
        Exchange(
          input: "Why is this month's bill higher?", output: "Prices have changed.",
          correction: "Your trial of the large plan ended on the 3rd; the difference is 12 euros.",
          issue: "incomplete"),
        Exchange(
          input: "Can you send me the receipts of last year?", output: "They are in your account.",
          correction: "I have put the twelve receipts into one file under Documents.", issue: "unclear"),
      ]),
    Player(
      organization: "globex", name: "search", share: 15, taskType: "retrieval", domain: "knowledge",
      tools: ["search"], duration_ms: 900, errors: 1,
      exchanges: [
        Exchange(
          input: "how do I rotate an access key", output: "Delete the old key and make a new one.",
          correction: "Make the new key, move callers over, then delete the old one.", issue: "unsafe"),
        Exchange(
          input: "limits of the free plan", output: "Three projects.",
          correction: "Three projects and 500 requests a day, as of this spring.", issue: "outdated"),
      ]),
  ]
}
