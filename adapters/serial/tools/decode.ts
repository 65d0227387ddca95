/** `decode serial`: a frame that somebody saw on a line, in a log or in a manual, explained. */
import { type Tool, table, WrongArguments } from "../../../src/adapter.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { SpokenDevice } from "../../spoken/stream/section.ts";
import { bytesOfText, hexOf, rowsOf, rowText } from "./byte-text.ts";
import { explain, type MappedDevice } from "./explain.ts";
import { checksumsOf } from "./guess/checksum-guess.ts";
import { checksumText, type FrameFields, frameText } from "./guess/frame-fields.ts";
import { guessFrames } from "./guess/frame-guess.ts";
import { MAPPING_OPTIONS, type Meant, mappingMeant } from "./mapping-options.ts";

export const decode: Tool<SpokenDevice, SpokenPoint> = {
  summary: "Explains a frame of a serial device: which answer or message it is, its checksum, its fields, its values.",
  positionals: "[TEXT|hex BYTES]",
  talks: false,
  options: MAPPING_OPTIONS,
  async run(args, context) {
    const meant = await mappingMeant(args, context);
    const texts = args.positionals.length > 0 ? [args.positionals.join(" ")] : linesOf(await context.input());
    const frames = texts.map((text) => bytesOfText(text));
    if (frames.every(({ length }) => length === 0)) {
      throw new WrongArguments("expected a frame: as text, such as 'S S     100.00 g\\r\\n', or as hex 02 10 00 03");
    }
    const explained = frames.map((bytes) => (meant === undefined ? unknown(bytes) : known(bytes, meant)));
    return {
      lines: explained.flatMap(({ lines }, i) => [...(i === 0 ? [] : [""]), ...lines]),
      data: explained.map(({ data }) => data),
      ok: explained.every(({ ok }) => ok),
    };
  },
};

function known(bytes: Uint8Array, { mapped, request }: Meant): ReturnType<typeof explain> {
  return explain(mapped, endedFrame(bytes, mapped), request);
}

/** A line that was copied out of a log has its line feed alone, or none: the marks of the mapping are put around it. */
function endedFrame(bytes: Uint8Array, { device: { frame } }: MappedDevice): Uint8Array {
  const begins = frame.start.length > 0 && Buffer.from(bytes).indexOf(frame.start) === 0;
  const { end } = frame;
  if (!begins || end.kind !== "mark" || frame.checksum?.behindEnd === true) return bytes;
  const isEnded = Buffer.from(bytes).lastIndexOf(end.mark) === bytes.length - end.mark.length;
  return isEnded ? bytes : Buffer.concat([bytes, end.mark]);
}

/** Without a mapping: what there is to see of it. */
function unknown(bytes: Uint8Array) {
  const [best] = guessFrames([{ at: 0, bytes }]);
  const fields: FrameFields = best?.fields ?? { idle: "50ms" };
  const sums = best?.checksum === undefined ? checksumsOf(fields, bytes).map(checksumText) : [];
  const guess = best === undefined ? [] : [["could be", `frame: ${best.text}`]];
  const sum =
    sums.length === 0 ? [] : [["checksum", `perhaps ${sums.slice(0, 3).join(", or ")} (one frame proves nothing)`]];
  return {
    lines: [
      `${bytes.length} bytes`,
      ...rowsOf(bytes).map((row) => `  ${rowText(row)}`),
      ...table([...guess, ...sum], "  "),
      "  what it means a mapping tells: --mapping NAME",
    ],
    data: { hex: hexOf(bytes), frame: best === undefined ? null : frameText(best.fields), checksums: sums },
    ok: true,
  };
}

function linesOf(input: string): readonly string[] {
  return input.split(/\r?\n/).filter((line) => line.trim() !== "");
}
