/**
 * The bridge brings the image to a Zigbee device. It gets the file in its request, or takes what its own index has; it answers when
 * that is over, and says meanwhile in the device's state how far it is.
 */
import {
  DeviceError,
  FirmwareError,
  type FirmwareProbe,
  type Transfer,
  type TransferContext,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { DeviceLine } from "../device-link.ts";
import { valueAt } from "../json-path.ts";
import type { Message } from "../message.ts";
import { wordOf } from "../router.ts";
import { jsonTemplate, textTemplate } from "../template.ts";
import { type ErrorWords, refusal } from "./conditions.ts";
import { Inbox } from "./inbox.ts";
import type { Notice } from "./notice.ts";
import { noSuchWord, type Surroundings, Talk } from "./talk.ts";
import { versionIn } from "./version-watch.ts";
import type { Zigbee2MqttOptions } from "./zigbee2mqtt-options.ts";

/** Files of Zigbee devices have some hundred KB; in hexadecimal they are twice as long, and brokers have limits. */
const LARGEST = 8 * 2 ** 20;

type Sign =
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "done" }
  /** It is at it already, and says so to whoever asks again. */
  | { readonly kind: "busy"; readonly error: FirmwareError }
  | { readonly kind: "failed"; readonly error: FirmwareError };

export class Zigbee2MqttTransfer implements Transfer {
  private readonly options: Zigbee2MqttOptions;
  private readonly transfer: TransferContext;
  private readonly talk: Talk;
  private readonly inbox = new Inbox<Sign>();

  constructor(line: DeviceLine, options: Zigbee2MqttOptions, surroundings: Surroundings) {
    const { base, id } = options;
    this.options = options;
    this.transfer = surroundings.transfer;
    this.talk = new Talk(line, surroundings, { topic: `${base}/${id}`, path: ["update", "installed_version"] });
    this.talk.hear(`${base}/${id}`, (message) => this.state(message));
    this.talk.hear(`${base}/bridge/response/device/ota_update/update`, (message) => this.answered(message));
  }

  probe(): Promise<FirmwareProbe> {
    return this.talk.probe();
  }

  async send(_offset: number, listener: TransferListener): Promise<void> {
    const { transfer, talk, options, inbox } = this;
    const { size } = transfer.image;
    // A bridge that was asked before goes on by itself, whatever became of us.
    const wasAsked = transfer.cookie === ASKED;
    inbox.clear();
    talk.versions.begin();
    listener.onCookie(ASKED);
    await this.request();
    for (;;) {
      const sign = await inbox.next(options.silence, talk.clock, talk.signal);
      switch (sign?.kind) {
        case "percent":
          listener.onAcknowledged(Math.floor((size * sign.percent) / 100));
          break;
        case "busy":
          if (!wasAsked) throw sign.error;
          break;
        case "failed":
          throw sign.error;
        case "done":
          listener.onAcknowledged(size);
          return;
        case undefined:
          throw new DeviceError("unreachable", "Zigbee2MQTT says nothing of the update any more");
        default:
          sign satisfies never;
      }
    }
  }

  act(word: string): Promise<void> {
    return noSuchWord("zigbee2mqtt", word);
  }

  abort(): Promise<void> {
    const { base, id } = this.options;
    return this.talk.abort(notice(`${base}/bridge/request/device/ota_update/update/abort`, { id }));
  }

  async close(): Promise<void> {
    this.talk.close();
  }

  private async request(): Promise<void> {
    const { base, id, image: source } = this.options;
    const { image, job } = this.transfer;
    if (source === "message" && image.size > LARGEST) {
      throw new FirmwareError("bad-image", `a file of ${image.size} bytes is too large for a message`);
    }
    const file = source === "message" ? await image.read(0, image.size) : undefined;
    const hex = file === undefined ? {} : { hex: { data: Buffer.from(file).toString("hex"), file_name: `${job}.ota` } };
    const payload = Buffer.from(JSON.stringify({ id, transaction: job, ...hex }));
    const topic = `${base}/bridge/request/device/ota_update/update`;
    await this.talk.publish({ topic, payload, qos: 1, retain: false });
  }

  private answered({ json, retained }: Message): void {
    if (retained || "fault" in json || wordOf(valueAt(json.value, ["transaction"])) !== this.transfer.job) return;
    if (wordOf(valueAt(json.value, ["status"])) === "ok") {
      this.talk.versions.forget();
      this.talk.versions.hear(wordOf(valueAt(json.value, ["data", "to", "file_version"])), true);
      this.inbox.push({ kind: "done" });
      return;
    }
    const said = wordOf(valueAt(json.value, ["error"]));
    const error = refusal(said, [...this.options.errors, ...OF_THE_BRIDGE]);
    this.inbox.push({ kind: said?.includes("already in progress") === true ? "busy" : "failed", error });
  }

  private state(message: Message): void {
    if (message.retained || versionIn(message, ["update", "state"]) !== "updating" || "fault" in message.json) return;
    const percent = valueAt(message.json.value, ["update", "progress"]);
    this.inbox.push({
      kind: "percent",
      percent: typeof percent === "number" ? Math.min(Math.max(percent, 0), 100) : 0,
    });
  }
}

const OF_THE_BRIDGE: ErrorWords = [
  ["No image currently available", "bad-image"],
  ["already in progress", "busy"],
];

function notice(topic: string, json: unknown): Notice {
  return { topic: textTemplate(topic, []), payload: jsonTemplate(json, []), qos: 1, retain: false };
}

/** The bridge was asked to do this job. */
const ASKED = "asked";
