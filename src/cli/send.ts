import { AdminRefusal } from "../admin/errors.ts";
import { parseSendPath } from "../admin/send-request.ts";
import { isSendFormat, SEND_FORMATS } from "../lwm2m/send-formats.ts";
import type { ServerSendOutcome } from "../servers/send.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { shortServerId } from "./server-option.ts";

/** A server that is away is given up after 93 s, an Update before the Send after as long, and each of some blocks. */
const PATIENCE = 600_000;

/** Asks the running gateway to send values by itself (LwM2M Send). */
export const send: Command = {
  name: "send",
  summary: "Sends values of the running gateway and its devices to servers, once.",
  positionals: "PATH...",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    server: { type: "string", value: "ID", help: "The Short Server ID (default: all servers). May be repeated." },
    format: {
      type: "string",
      value: "FORMAT",
      help: `One of ${Object.keys(SEND_FORMATS).join(", ")}.`,
      choices: Object.keys(SEND_FORMATS),
      default: "senml-cbor",
    },
    json: { type: "boolean", help: "Prints the outcomes as JSON." },
  },
  async run(args) {
    const answer = await askGateway(args, "/v1/send", { body: bodyOf(args), patience: PATIENCE });
    // The answer is our own program's, on a socket that only its user can open.
    const outcomes = answer as readonly ServerSendOutcome[];
    const text = args.flag("json") ? JSON.stringify(outcomes, undefined, 2) : outcomes.map(lineOf).join("\n");
    process.stdout.write(`${text}\n`);
    return outcomes.every(({ type }) => type === "delivered") ? EXIT.ok : EXIT.failure;
  },
};

function bodyOf(args: Arguments): unknown {
  const format = args.text("format");
  if (!isSendFormat(format)) {
    throw new UsageError(`--format ${format}: expected one of ${Object.keys(SEND_FORMATS).join(", ")}`);
  }
  if (args.positionals.length === 0) throw new UsageError("expected at least one PATH, such as /meter-1/3303");
  const servers = args.texts("server").map(shortServerId);
  return { paths: args.positionals.map(pathOf), format, ...(servers.length === 0 ? {} : { servers }) };
}

function pathOf(text: string): string {
  try {
    return parseSendPath(text);
  } catch (error) {
    if (!(error instanceof AdminRefusal)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function lineOf(outcome: ServerSendOutcome): string {
  return `${outcome.server}: ${wordsOf(outcome)}`;
}

function wordsOf(outcome: ServerSendOutcome): string {
  switch (outcome.type) {
    case "delivered":
      return "delivered";
    case "refused":
      return `refused, ${[outcome.code, outcome.reason].filter((part) => part !== "").join(" ")}`;
    case "unanswered":
      return outcome.reason;
    case "notSent":
      return `not sent: ${outcome.reason}`;
  }
}
