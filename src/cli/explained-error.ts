/** What the person who typed a command must read of what went wrong, or the script that did. */
import type { ErrorCode } from "../error-codes.ts";
import { ConfigError, formatProblem, type Problem, reasonOf, withCode } from "../errors.ts";
import { EXIT, FailureError, UsageError } from "./command.ts";

/** One JSON text on standard output, where `--json` was asked for. */
export interface JsonError {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    /** The command to try next. */
    readonly next?: string;
    /** What is wrong in the user's files. */
    readonly problems?: readonly (Problem & { readonly text: string })[];
  };
}

/** Prints it and returns the exit code. `help`: the command that says what could have been typed. */
export function explain(error: unknown, argv: readonly string[], help: string): number {
  const { exit, text, told } = explainedError(error, help);
  if (argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ error: told } satisfies JsonError, undefined, 2)}\n`);
  else process.stderr.write(text);
  // Whoever asks about a bug is asked for it.
  if (told.code === BUG && argv.includes("--json")) process.stderr.write(text);
  return exit;
}

const BUG = "LG109";

interface Explained {
  readonly exit: number;
  /** For a person. */
  readonly text: string;
  readonly told: JsonError["error"];
}

function explainedError(error: unknown, help: string): Explained {
  if (error instanceof ConfigError) return { exit: EXIT.wrong, text: `${error.message}\n`, told: problemsTold(error) };
  if (error instanceof UsageError || error instanceof FailureError) {
    const isUsage = error instanceof UsageError;
    const { code, message, next = isUsage ? help : undefined } = error;
    return {
      exit: isUsage ? EXIT.wrong : EXIT.failure,
      text: `lwm2m-gateway: ${withCode(message, code)}\n${next === undefined ? "" : `Try: ${next}\n`}`,
      told: { code, message, ...(next === undefined ? {} : { next }) },
    };
  }
  // A bug keeps its stack.
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exit: EXIT.failure,
    text: `lwm2m-gateway: ${withCode(stack, BUG)}\n`,
    told: { code: BUG, message: reasonOf(error) },
  };
}

function problemsTold({ problems }: ConfigError): JsonError["error"] {
  const [first] = problems;
  const message = first === undefined ? "the configuration is wrong" : first.message;
  return {
    code: "LG200",
    message,
    problems: problems.map((problem) => ({ ...problem, text: formatProblem(problem) })),
  };
}
