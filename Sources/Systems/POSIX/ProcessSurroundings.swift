// What a process is given and what it answers: its environment and its exit code.
internal import Glibc

/// The value of an environment variable, nil when it is not set.
public func environmentVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}

/// Flushes what has been printed and ends the process.
public func endProcess(with code: Int32) -> Never { exit(code) }

/// Ends the process as it stands, whatever other threads are at; what was printed and not flushed is lost.
public func endProcessAtOnce(with code: Int32) -> Never { _exit(code) }

/// Sends on what was printed, also to a pipe, which is otherwise filled first.
public func flushStandardOutput() { _ = fflush(nil) }

/// Whether what is printed goes to a screen that can be painted over.
public func isTerminalOutput() -> Bool { isatty(STDOUT_FILENO) == 1 }
