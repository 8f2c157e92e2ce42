/// What log lines and diagnostics say this tool is.
let ratchetVersion = "0.1.0"
