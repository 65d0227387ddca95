/** mosquitto_pub, mosquitto_sub and mosquitto_rr: devices and onlookers that others wrote. */
import assert from "node:assert/strict";
import type { Lifetime, Outcome } from "./process.ts";
import { type RunningProcess, run, start } from "./process.ts";

/** Where the broker is, and who asks. */
export interface Peer {
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  /** `5` or `311`; default: 311, as the program has it. */
  readonly version?: "5" | "311";
  /** Further options, e.g. of TLS or of a last will. */
  readonly options?: readonly string[];
}

export interface Publication {
  readonly topic: string;
  readonly payload: string;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
}

/** What mosquitto_sub heard; properties are those of MQTT 5. */
export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: number;
  readonly properties?: Readonly<Record<string, string | number>>;
}

/** Publishes one message, and ends: the broker has it, where QoS is 1 or 2. */
export async function publish(t: Lifetime, peer: Peer, message: Publication): Promise<void> {
  const { topic, payload, qos = 1, retain = false } = message;
  const options = ["-t", topic, "-m", payload, "-q", String(qos), ...(retain ? ["-r"] : [])];
  const { code, stderr } = await run(t, "mosquitto_pub", [...argumentsOf(peer), ...options]);
  assert.deepEqual([code, stderr], [0, ""]);
}

/** Asks and waits for the answer, as MQTT 5 has it: response topic and correlation data. */
export function request(t: Lifetime, peer: Peer, topic: string, responseTopic: string): Promise<Outcome> {
  const options = ["-t", topic, "-e", responseTopic, "-m", "?", "-W", "20"];
  return run(t, "mosquitto_rr", [...argumentsOf(peer), ...options]);
}

/** A device that stays connected and publishes each line that it is given; what it leaves behind is its last will. */
export class Publisher {
  private readonly program: RunningProcess;

  private constructor(program: RunningProcess) {
    this.program = program;
  }

  static async start(t: Lifetime, peer: Peer, topic: string): Promise<Publisher> {
    const options = [...argumentsOf(peer), "-t", topic, "-q", "1", "-l", "-d"];
    const program = start(t, "stdbuf", ["-oL", "mosquitto_pub", ...options], { stdio: ["pipe", "pipe", "pipe"] });
    await program.printed(/received CONNACK \(0\)/);
    return new Publisher(program);
  }

  publish(payload: string): void {
    this.program.child.stdin?.write(`${payload}\n`);
  }

  /** SIGKILL: it does not say goodbye. */
  async kill(): Promise<void> {
    this.program.child.kill("SIGKILL");
    await this.program.outcome;
  }
}

/** An onlooker. */
export class Subscriber {
  private readonly program: RunningProcess;
  private readonly messages: Heard[] = [];
  private waiting: (() => void)[] = [];
  private rest = "";

  private constructor(program: RunningProcess) {
    this.program = program;
    program.child.stdout?.on("data", (text: string) => this.take(text));
  }

  /** Resolves when the broker has its subscription. */
  static async start(t: Lifetime, peer: Peer, filter: string): Promise<Subscriber> {
    const options = ["-t", filter, "-q", "2", "-F", "%j", "-d"];
    // Into a pipe it would write only when it has much to say.
    const subscriber = new Subscriber(start(t, "stdbuf", ["-oL", "mosquitto_sub", ...argumentsOf(peer), ...options]));
    await subscriber.program.printed(/^Subscribed /m);
    return subscriber;
  }

  /** All that it heard so far. */
  get heard(): readonly Heard[] {
    return this.messages;
  }

  /** The first message that is so, heard already or not. */
  async first(wanted: (message: Heard) => boolean): Promise<Heard> {
    for (;;) {
      const found = this.messages.find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private take(text: string): void {
    const lines = `${this.rest}${text}`.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) this.messages.push(JSON.parse(line));
    for (const wake of this.waiting.splice(0)) wake();
  }
}

function argumentsOf({ port, user, password, version, options = [] }: Peer): readonly string[] {
  return [
    ...["-h", "127.0.0.1", "-p", String(port)],
    ...(user === undefined ? [] : ["-u", user]),
    ...(password === undefined ? [] : ["-P", password]),
    ...(version === undefined ? [] : ["-V", version]),
    ...options,
  ];
}
