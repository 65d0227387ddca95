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
    readonly next: string;
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
/** What whoever mends it needs. */
const REPORT = "lwm2m-gateway support-bundle";

interface Explained {
  readonly exit: number;
  /** For a person. */
  readonly text: string;
  readonly told: JsonError["error"];
}

function explainedError(error: unknown, help: string): Explained {
  if (error instanceof ConfigError) {
    const told = problemsTold(error);
    return { exit: EXIT.wrong, text: `${error.message}\nTry: ${told.next}\n`, told };
  }
  if (error instanceof UsageError || error instanceof FailureError) {
    const isUsage = error instanceof UsageError;
    const { code, message, next = isUsage ? help : explanation(code) } = error;
    return {
      exit: isUsage ? EXIT.wrong : EXIT.failure,
      text: `lwm2m-gateway: ${withCode(message, code)}\nTry: ${next}\n`,
      told: { code, message, next },
    };
  }
  // A bug keeps its stack.
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exit: EXIT.failure,
    text: `lwm2m-gateway: ${withCode(stack, BUG)}\nTry: ${REPORT}\n`,
    told: { code: BUG, message: reasonOf(error), next: REPORT },
  };
}

/** What is known of every message: its section tells what can be done. */
function explanation(code: ErrorCode): string {
  return `lwm2m-gateway explain ${code}`;
}

function problemsTold({ problems }: ConfigError): JsonError["error"] {
  const [first] = problems;
  const message = first === undefined ? "the configuration is wrong" : first.message;
  return {
    code: "LG200",
    message,
    next: explanation(first?.code ?? "LG200"),
    problems: problems.map((problem) => ({ ...problem, text: formatProblem(problem) })),
  };
}
