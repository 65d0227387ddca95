/** `setup`: from nothing to the first value, by questions; each of them has an option, so that a script needs none. */
import { existsSync } from "node:fs";
import { typedSpan, WrongArguments } from "../adapter.ts";
import { SECOND } from "../clock.ts";
import { SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, FailureError, parseArguments, UsageError } from "./command.ts";
import { foundConfig, SERVICE_CONFIG } from "./config-option.ts";
import { terminal } from "./setup/conversation.ts";
import { linkOf } from "./setup/device-places.ts";
import { gatheredFacts } from "./setup/gathered-facts.ts";
import type { Question, QuestionId } from "./setup/question.ts";
import { typedAnswers } from "./setup/typed-answers.ts";
import { answered, back, begin, did, knownOf, nextOf, type StepId, type Wizard } from "./setup/wizard.ts";
import { Work } from "./setup/work.ts";

const PATIENCE = 15 * SECOND;

export const setup: Command = {
  name: "setup",
  summary: "From nothing to the first value: asks for server, key and device, tries them, and writes config.yaml.",
  options: {
    config: {
      type: "string",
      short: "c",
      value: "FILE",
      help: "The configuration; one that is there gets another device.",
    },
    server: { type: "string", value: "URI", help: "The LwM2M Server, e.g. coap://127.0.0.1:5683." },
    endpoint: { type: "string", value: "NAME", help: "The name of this gateway there." },
    psk: { type: "string", value: "new|@FILE", help: "The key of coaps://: a new one, or the hex digits in FILE." },
    identity: { type: "string", value: "NAME", help: "By which name the server knows the key." },
    layout: { type: "string", value: "NAME", help: "How it sees devices: auto, instances, clients, gateway." },
    "modbus-tcp": { type: "string", value: "HOST[:PORT]", help: "The device is there." },
    "modbus-rtu": { type: "string", value: "PORT", help: "The device is on this serial port." },
    mqtt: { type: "string", value: "URL", help: "The device speaks over this broker." },
    ble: { type: "string", value: "ADAPTER", help: "The device is heard by this Bluetooth adapter, e.g. hci0." },
    serial: { type: "string", value: "PORT", help: "The device speaks words of its own on this serial port." },
    simulated: { type: "boolean", help: "A device that is not there, for trying." },
    link: { type: "string", value: "ID", help: "The device is behind this link of the configuration." },
    "no-device": { type: "boolean", help: "No device yet." },
    line: { type: "string", value: "SETTINGS", help: "Of the serial port, e.g. 9600-8N1." },
    user: { type: "string", value: "NAME", help: "User name at the broker." },
    password: { type: "string", value: "@FILE", help: "Its password stands in FILE." },
    scan: { type: "string", value: "UNITS|TIME|no", help: "Whom to ask, or how long to listen: 1-16, 15s." },
    unit: { type: "string", value: "N", help: "The Modbus address of the device." },
    mapping: { type: "string", value: "NAME", help: "The type of the device." },
    param: { type: "string", value: "NAME=VALUE", help: "A parameter of the mapping; may be repeated." },
    id: { type: "string", value: "NAME", help: "What the device is called." },
    watch: { type: "string", value: "TIME", help: "The longest wait for a first value, with --yes.", default: "15s" },
    "no-watch": { type: "boolean", help: "Writes it without looking at values before." },
    "no-reload": { type: "boolean", help: "A gateway that runs is left as it is." },
    run: { type: "boolean", help: "Runs the gateway at the end, until Ctrl-C." },
    socket: SOCKET_OPTION,
    yes: { type: "boolean", help: "Takes what is proposed wherever no option says otherwise." },
    json: { type: "boolean", help: "Prints the outcome as JSON; all else goes to standard error." },
  },
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError("setup takes no argument");
    const isTyped = process.stdin.isTTY === true && process.stdout.isTTY === true && !args.flag("json");
    const file = foundConfig(args) ?? (existsSync("/etc/lwm2m-gateway") && isRoot() ? SERVICE_CONFIG : "config.yaml");
    const given = await typedAnswers(args);
    const facts = await gatheredFacts(args, file);
    refuseSettled(args, facts.isNew, file);
    const outcome = await new Setup(args, isTyped).through(begin(facts), given);
    if (outcome === undefined) return EXIT.failure;
    if (args.flag("json")) process.stdout.write(`${JSON.stringify(outcome, undefined, 2)}\n`);
    if (args.flag("run")) return runNow(file);
    return EXIT.ok;
  },
};

/** What the person who calls it does next. */
function nextCommand(file: string, runs: boolean): string {
  if (runs) return "lwm2m-gateway status --values";
  if (file === SERVICE_CONFIG) return "systemctl enable --now lwm2m-gateway";
  return file === "config.yaml" ? "lwm2m-gateway run" : `lwm2m-gateway run --config ${file}`;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function runNow(file: string): Promise<number> {
  const { run } = await import("./run.ts");
  return run.run(parseArguments(run, ["--config", file]));
}

/** A server that is there is the user's to change. */
function refuseSettled(args: Arguments, isNew: boolean, file: string): void {
  const settled = ["server", "endpoint", "psk", "identity", "layout"].find((option) => args.text(option) !== undefined);
  if (isNew || settled === undefined) return;
  throw new UsageError(
    `--${settled}: ${file} has its servers already, and setup adds a device to it; change them there`,
  );
}

class Setup {
  private readonly args: Arguments;
  private readonly isTyped: boolean;
  /** Of the step that is done now. */
  private step = new AbortController();

  constructor(args: Arguments, isTyped: boolean) {
    this.args = args;
    this.isTyped = isTyped;
  }

  /** Undefined: somebody ended it before anything was written. */
  async through(start: Wizard, given: ReadonlyMap<QuestionId, string>): Promise<unknown> {
    const work = this.work();
    const stop = (): void => this.step.abort();
    process.on("SIGINT", stop).on("SIGTERM", stop);
    try {
      let wizard = start;
      for (;;) {
        const next = nextOf(wizard);
        if (next.kind === "end") break;
        const then =
          next.kind === "do" ? await this.do(next.step, wizard, work) : await this.ask(next.question, wizard, given);
        if (then === undefined) {
          this.say("ended: nothing is written");
          return undefined;
        }
        wizard = then;
      }
      const { facts } = knownOf(wizard);
      const command = nextCommand(facts.file, facts.runs);
      if (!this.args.flag("run")) this.say(`next: ${command}`);
      return { ...work.outcome, next: command };
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      await work.close();
    }
  }

  private work(): Work {
    const signal = (): AbortSignal => this.step.signal;
    return new Work({
      args: this.args,
      isTyped: this.isTyped && !this.args.flag("yes"),
      patience: patienceOf(this.args),
      say: (line) => this.say(line),
      enter: (until) => terminal.enter(until),
      unsay: (lines) => terminal.unsay(lines),
      stop: () => this.step.abort(),
      get signal() {
        return signal();
      },
    });
  }

  private say(line: string): void {
    const out = this.args.flag("json") ? process.stderr : process.stdout;
    out.write(`${line}\n`);
  }

  /** Undefined: it was ended. What went wrong is told, and leads back to the question before; without a person it is the end. */
  private async do(step: StepId, wizard: Wizard, work: Work): Promise<Wizard | undefined> {
    this.step = new AbortController();
    try {
      const facts = await work.do(step, wizard);
      // A scan that was stopped has found what it has found.
      if (this.step.signal.aborted && step !== "scan" && step !== "follow") return undefined;
      return did(wizard, step, facts);
    } catch (error) {
      const isTold = error instanceof FailureError || error instanceof UsageError;
      const before = back(wizard);
      if (!isTold || !this.isTyped || before === wizard || step === "follow") throw error;
      this.say(error.message);
      return before;
    }
  }

  private async ask(
    question: Question,
    wizard: Wizard,
    given: ReadonlyMap<QuestionId, string>,
  ): Promise<Wizard | undefined> {
    const known = knownOf(wizard);
    const typed = givenFor(question, given, known);
    if (typed !== undefined) return this.taken(answered(wizard, question, typed, false), question);
    const isAnswered = this.args.flag("yes") && question.proposal?.(known) !== undefined;
    if (isAnswered) return this.taken(answered(wizard, question, "", false), question);
    if (!this.isTyped) throw new UsageError(missing(question, this.args.flag("yes")), { code: "LG105" });
    let wrong: string | undefined;
    for (;;) {
      const reply = await terminal.ask(question, knownOf(wizard), wrong);
      if (reply.kind === "quit") return undefined;
      if (reply.kind === "back") return back(wizard);
      const next = answered(wizard, question, reply.text, true);
      if (!("wrong" in next)) return next;
      wrong = next.wrong;
    }
  }

  private taken(next: Wizard | { readonly wrong: string }, { option, text }: Question): Wizard {
    if ("wrong" in next) throw new UsageError(`${option}: ${next.wrong} (${text})`);
    return next;
  }
}

/** What was answered on the command line; a scan goes with links that have one. */
function givenFor(
  { id }: Question,
  given: ReadonlyMap<QuestionId, string>,
  known: Parameters<typeof linkOf>[0],
): string | undefined {
  if (id === "place" && linkOf(known) !== undefined) return undefined;
  return given.get(id);
}

function missing({ option, text }: Question, yes: boolean): string {
  const hint = yes ? "" : "; --yes takes what is proposed for all that no option says";
  return `setup asks at a terminal, and this is none: ${text}? ${option}${hint}`;
}

function patienceOf(args: Arguments): number {
  try {
    return typedSpan(args, "watch") ?? PATIENCE;
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
