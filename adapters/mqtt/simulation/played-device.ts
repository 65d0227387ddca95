/** One simulated device: a client of the broker that tells its values and its life, and does what it is asked. */
import {
  type AdapterContext,
  type DeviceError,
  type Logger,
  type Millis,
  reasonOf,
  SECOND,
} from "../../../src/adapter.ts";
import { isBad } from "../../wires/fault-words.ts";
import type { BrokerConnection, Outgoing } from "../broker/connection.ts";
import type { Received } from "../message.ts";
import type { AvailabilitySpec, TopicSpec } from "../section.ts";
import { connectWire, type Wire } from "../tools/wire.ts";
import { answerOf, lifeSign, type PlayedMqtt, stateOf, topicOf } from "./composed.ts";
import { type Faults, withFaults } from "./faults.ts";
import { type FoundRequest, foundRequest } from "./found-request.ts";

/** How often a device tells its values. */
const SAID_EVERY: Millis = SECOND;
/** How soon it comes back. */
const PAUSE: Millis = 2 * SECOND;

export class PlayedDevice {
  private readonly played: PlayedMqtt;
  private readonly wire: Wire;
  private readonly faults: Faults;
  private readonly context: AdapterContext;
  private readonly log: Logger;
  private readonly alarms = new Set<() => void>();
  private readonly topics: readonly TopicSpec[];
  /** The device's own: the last of several, since what is before it stands before it in the mapping, too. */
  private readonly life: AvailabilitySpec | undefined;
  private readonly ending = new AbortController();
  private readonly born: Millis;
  private connection: BrokerConnection | undefined;
  private saidOnline = true;

  constructor(
    played: PlayedMqtt,
    { wire, faults }: { readonly wire: Wire; readonly faults: Faults },
    context: AdapterContext,
  ) {
    this.played = played;
    this.wire = wire;
    this.faults = faults;
    this.context = context;
    this.log = context.log;
    const { device, points } = played;
    const spoken = [...points.values()].flatMap(({ source }) => (source.kind === "topic" ? [source.topic] : []));
    const radio = device.topics.get(device.signal?.topic ?? "");
    this.topics = [
      ...new Map([...spoken, ...(radio === undefined ? [] : [radio])].map((topic) => [topic.name, topic])).values(),
    ];
    this.life = device.availability.at(-1);
    this.born = context.clock.monotonic();
  }

  /** Rejects with DeviceError where there is no broker; later it tries again by itself. */
  async start(): Promise<void> {
    await this.connect();
    this.later(SAID_EVERY, () => this.tick());
  }

  async close(): Promise<void> {
    this.ending.abort();
    for (const cancel of this.alarms) cancel();
    this.alarms.clear();
    const { connection } = this;
    if (connection === undefined) return;
    for (const spec of this.played.device.availability) this.tellLife(spec, false);
    await connection.end();
  }

  private async connect(): Promise<void> {
    const { life } = this;
    const will = life === undefined ? {} : { will: willOf(life) };
    const listener = {
      onMessage: (message: Received) => this.take(message),
      onOversized: (topic: string, bytes: number) =>
        this.log.warn({ code: "LG107", topic, bytes }, "a request is too large to be read"),
      onLost: (error: DeviceError) => this.lost(error),
    };
    const { clock, random } = this.context;
    const connection = await connectWire(this.wire, listener, { clock, random, signal: this.ending.signal, ...will });
    this.connection = connection;
    const requests = [...this.played.device.requests.values()];
    const filters = [...new Set(requests.map(({ topic }) => topic))].map((filter) => ({ filter, qos: 1 as const }));
    if (filters.length > 0) await connection.subscribe(filters);
    this.saidOnline = true;
    for (const spec of this.played.device.availability) this.tellLife(spec, true);
    this.sayAll();
  }

  private lost(error: DeviceError): void {
    this.connection = undefined;
    if (this.ending.signal.aborted) return;
    this.log.warn({ code: "LG107", reason: error.message }, "a simulated device lost the broker");
    this.comeBack();
  }

  private comeBack(): void {
    this.later(PAUSE, () => {
      if (this.isDead) this.comeBack();
      else this.connect().catch(() => this.comeBack());
    });
  }

  private get isDead(): boolean {
    return isBad(this.faults.spans.get("dead"), this.age);
  }

  private get age(): Millis {
    return this.context.clock.monotonic() - this.born;
  }

  private tick(): void {
    this.later(SAID_EVERY, () => this.tick());
    if (this.connection === undefined) return;
    if (this.isDead) {
      // Without a good-bye, so that the broker publishes the last will (MQTT 5.0 §3.1.2.5).
      this.connection.destroy();
      this.connection = undefined;
      this.comeBack();
      return;
    }
    const online = !isBad(this.faults.spans.get("flapping"), this.age);
    if (online !== this.saidOnline && this.life !== undefined) this.tellLife(this.life, online);
    this.saidOnline = online;
    this.sayAll();
  }

  private sayAll(): void {
    for (const topic of this.topics) {
      const payload = stateOf(this.played, topic, this.context.clock.wall());
      const how = { retain: topic.retained === "accept", qos: topic.qos };
      if (payload === undefined) continue;
      for (const filter of topic.filters) this.say(topicOf(filter), payload, how);
    }
  }

  private tellLife(spec: AvailabilitySpec, online: boolean): void {
    this.publish(topicOf(spec.topic), Buffer.from(lifeSign(spec, online)), { retain: true, qos: 1 });
  }

  private take({ topic, payload, retained, responseTopic, correlation }: Received): void {
    const found = retained ? undefined : foundRequest(this.played.device.requests.values(), topic, payload);
    if (found === undefined) {
      this.log.warn({ code: "LG107", topic, bytes: payload.length }, "a simulated device does not know this request");
      return;
    }
    const taken = this.takeValue(found);
    const { request } = found;
    if (request.reply === undefined) {
      if (taken) this.sayAll();
      return;
    }
    const { reply } = request;
    const answer = answerOf(
      this.played,
      { ...request, reply },
      { id: found.id, ...(taken ? {} : { refusal: "the device refuses it" }) },
    );
    const where = reply.filter === undefined ? responseTopic : topicOf(reply.filter);
    const response = correlation === undefined ? {} : { response: { correlation: Buffer.from(correlation) } };
    if (where !== undefined) this.say(where, answer, { retain: false, qos: request.qos, ...response });
    if (taken) this.sayAll();
  }

  /** Whether the device takes what is written by this request. */
  private takeValue({ request, value }: FoundRequest): boolean {
    let taken = true;
    for (const [id, { write }] of this.played.points) {
      if (write?.request.name !== request.name) continue;
      const raw = write.when ?? value;
      if (raw !== undefined && !this.played.set(id, raw)) taken = false;
    }
    return taken;
  }

  private say(topic: string, payload: Buffer, options: Saying): void {
    for (const { after, payload: said, retain } of withFaults(payload, this.faults, this.context.random)) {
      const how = retain === true ? { ...options, retain } : options;
      if (after === 0) this.publish(topic, said, how);
      else this.later(after, () => this.publish(topic, said, how));
    }
  }

  private publish(topic: string, payload: Buffer, how: Saying): void {
    const sent = this.connection?.publish({ topic, payload, ...how });
    sent?.catch((error: unknown) => this.log.debug({ topic, reason: reasonOf(error) }, "not published"));
  }

  private later(after: Millis, task: () => void): void {
    const { clock } = this.context;
    const cancel = clock.at(clock.monotonic() + after, () => {
      this.alarms.delete(cancel);
      if (!this.ending.signal.aborted) task();
    });
    this.alarms.add(cancel);
  }
}

type Saying = Pick<Outgoing, "qos" | "retain" | "response">;

function willOf(life: AvailabilitySpec) {
  const [online, offline] = [lifeSign(life, true), lifeSign(life, false)];
  return { topic: topicOf(life.topic), online, offline, qos: 1 as const, retain: true };
}
