// Every subcommand, in the order in which help lists them; a command whose words begin another's comes after
// it.

let commandTable: [Command] = [
  .up, .brokerCheck, .brokerUser, .broker, .topicsPlan, .topicsApply, .topicsCopy, .topicsDescribe,
  .alertsList, .alertsTest, .rulesCheck, .rulesTest, .rulesExplain,
  .validate, .importFile, .query, .plan, .replay, .rebuild, .controlApply, .controlPublish, .controlSend,
  .tasksList, .tasksSkip, .quarantineList, .quarantineShow, .quarantineRedrive, .simulate, .verify,
  .top,
  .rolloutStatus, .rolloutApprove, .rolloutHold, .rolloutResume, .rolloutRollback, .rolloutCancel,
  .rolloutDrill, .executor, .backtest,
]
