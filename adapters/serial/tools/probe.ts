/** `probe serial`: sends something once, and shows what comes. */
import {
  DeviceError,
  type Millis,
  SECOND,
  TIMEOUT,
  type Tool,
  type ToolArguments,
  typedSpan,
  WrongArguments,
} from "../../../src/adapter.ts";
import { Framer } from "../../spoken/stream/framing/framer.ts";
import { seal } from "../../spoken/stream/framing/seal.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { SpokenDevice } from "../../spoken/stream/section.ts";
import { requestBytes, spelled, takesValue } from "../../spoken/stream/template.ts";
import { type Carried, type Exchange, exchange } from "./ask.ts";
import { bytesOfText, hexOf, rowsOf, rowText } from "./byte-text.ts";
import { type Explanation, explain } from "./explain.ts";
import { guessFrames } from "./guess/frame-guess.ts";
import { MAPPING_OPTIONS, type Meant, mappingMeant } from "./mapping-options.ts";
import { openWire, WIRE_OPTIONS } from "./wire.ts";

const USUAL_WAIT: Millis = 2 * SECOND;
/** An answer that has begun goes on without longer silences. */
const USUAL_QUIET: Millis = SECOND / 4;
const LONGEST_WAIT: Millis = 60 * SECOND;

export const probe: Tool<SpokenDevice, SpokenPoint> = {
  summary: "Sends text, bytes, or a request of a mapping once, and shows what comes, and what a mapping makes of it.",
  positionals: "[TEXT|hex BYTES]",
  talks: true,
  options: {
    ...MAPPING_OPTIONS,
    value: { type: "string", value: "VALUE", help: "What stands in the place of {value} of the request." },
    wrap: { type: "boolean", help: "The marks and the checksum of the mapping's frames are put around what is sent." },
    wait: { type: "string", value: "TIME", help: "How long to wait for something to come.", default: "2s" },
  },
  async run(args, context) {
    const meant = await mappingMeant(args, context);
    const send = bytesToSend(args, meant);
    const wait = typedSpan(args, "wait") ?? USUAL_WAIT;
    if (wait > LONGEST_WAIT) throw new WrongArguments("--wait: expected at most 60s");
    const wire = await openWire(args, context);
    try {
      const came = await exchange(wire.ask, { send, wait, quiet: Math.min(wait, USUAL_QUIET) });
      return reportOf(send, came, { meant, wait, silentHint: adviceOf(args) });
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      return { lines: [error.message], data: { error: error.message }, ok: false };
    } finally {
      await wire.close();
    }
  },
};

function bytesToSend(args: ToolArguments, meant: Meant | undefined): Uint8Array {
  const text = args.positionals.join(" ");
  const request = meant?.request;
  if ((text === "") === (request === undefined)) {
    throw new WrongArguments(
      "what is sent? expected text such as 'SI\\r\\n', or hex 02 10 00, or --mapping NAME --request NAME",
    );
  }
  if (request !== undefined && meant !== undefined) return requestToSend(args, meant.mapped.device, request);
  const bytes = bytesOfText(text);
  if (!args.flag("wrap")) return bytes;
  if (meant === undefined) throw new WrongArguments("--wrap: the frame of which mapping? --mapping NAME");
  return seal(bytes, meant.mapped.device.frame);
}

function requestToSend(args: ToolArguments, device: SpokenDevice, request: NonNullable<Meant["request"]>): Uint8Array {
  const value = args.text("value");
  if (takesValue(request.send) !== (value !== undefined)) {
    throw new WrongArguments(
      value === undefined ? `the request "${request.name}" needs --value` : `--value: "${request.name}" takes none`,
    );
  }
  try {
    return requestBytes(request.send, spelled(value, request.send, device.charset), device.frame);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    throw new WrongArguments(`--value: ${error.message}`, { cause: error });
  }
}

interface Reported {
  readonly meant: Meant | undefined;
  readonly wait: Millis;
  readonly silentHint: string;
}

function reportOf(send: Uint8Array, { sent, carried }: Exchange, { meant, wait, silentHint }: Reported) {
  const bytes = Buffer.concat(carried.map((piece) => piece.bytes));
  const explained =
    meant === undefined ? [] : framesIn(carried, meant).map((frame) => explain(meant.mapped, frame, meant.request));
  const lines = [
    ...rowsOf(send).map((row) => `sent      ${rowText(row)}`),
    ...carried.flatMap((piece) => pieceLines(piece, sent)),
    ...(carried.length > 0 ? [] : [`nothing came within ${wait / SECOND} s`, silentHint]),
    ...(meant === undefined ? guessLines(carried) : readLines(explained, bytes)),
  ];
  return {
    lines,
    data: {
      sent: hexOf(send),
      came: carried.map(({ time, bytes: piece }) => ({ after: time - sent, hex: hexOf(piece) })),
      ...(meant === undefined ? {} : { read: explained.map(({ data }) => data) }),
    },
    ok: meant === undefined ? carried.length > 0 : explained.some(({ ok }) => ok) || isDone(meant),
  };
}

/** A request that nobody answers is done when it is sent. */
function isDone({ request }: Meant): boolean {
  return request !== undefined && request.answer === undefined;
}

function pieceLines({ time, bytes }: Carried, sent: number): readonly string[] {
  const after = `${((time - sent) / SECOND).toFixed(3)} s`.padStart(8);
  return rowsOf(bytes).map((row, i) => `${i === 0 ? after : " ".repeat(8)}  ${rowText(row)}`);
}

/** The frames that the gateway would find. */
function framesIn(carried: readonly Carried[], { mapped }: Meant): readonly Uint8Array[] {
  const { frame } = mapped.device;
  // A damaged one is found, too, and explained.
  const { checksum, ...plain } = frame;
  const framer = new Framer(checksum?.behindEnd === true ? frame : plain);
  framer.handle({ type: "asked" }, 0);
  const frames = carried.flatMap(({ bytes, time }) => framer.handle({ type: "bytes", bytes }, time));
  const rest = framer.deadline === undefined ? [] : framer.handle(TIMEOUT, framer.deadline);
  return [...frames, ...rest].map(({ bytes }) => bytes);
}

function readLines(explained: readonly Explanation[], bytes: Buffer): readonly string[] {
  if (explained.length > 0) return ["", ...explained.flatMap(({ lines }) => lines)];
  if (bytes.length === 0) return [];
  return ["", "what came makes no frame of this mapping: are line: and frame: right? sniff serial makes a guess"];
}

function guessLines(carried: readonly Carried[]): readonly string[] {
  const [best] = guessFrames(carried.map(({ time, bytes }) => ({ at: time, bytes })));
  return best === undefined ? [] : ["", `could be  frame: ${best.text}`];
}

function adviceOf(args: ToolArguments): string {
  const own = Object.keys(WIRE_OPTIONS).some((option) => args.text(option) !== undefined);
  return `what to do: is the cable right (crossed or not), the speed and parity, and does the request end as the device wants it?${own ? " sniff serial --find-line tries settings" : ""}`;
}
