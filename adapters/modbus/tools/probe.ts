/** `probe modbus`: asks one device for a few registers, and shows what they could be. */
import {
  DeviceError,
  type Millis,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolReport,
} from "../../../src/adapter.ts";
import { DEVICE_IDENTIFICATION } from "../codec.ts";
import { EXCEPTIONS, formatSpan, hexOf, isBits, type Span } from "../pdu.ts";
import { Silence } from "./ask.ts";
import { ADVICE } from "./explain-pdu.ts";
import { type Identity, identify, identityLines } from "./identify.ts";
import { type ProbeTarget, probeCommand, targetOf, unitOf } from "./probe-target.ts";
import { bitLines, emitLines, type Read, registerLines } from "./probe-text.ts";
import { adviceOnSilence, typeOfWire } from "./silence-advice.ts";
import { type LinkOpener, openWire, type Wire } from "./wire.ts";

export function probe(opener: LinkOpener): Tool {
  return {
    summary: "Reads registers or coils of one Modbus device once, and shows every way to read them.",
    positionals: "input|holding|coil|discrete ADDRESS[..LAST] [COUNT] | ident",
    talks: true,
    options: {
      unit: { type: "string", value: "N", help: "The device's address.", default: "1" },
      addressing: {
        type: "string",
        value: "WAY",
        help: "How ADDRESS is counted: zero (as on the wire), one, or modicon (40011).",
        default: "zero",
      },
      emit: { type: "boolean", help: "Prints lines for a mapping." },
    },
    async run(args, context) {
      const unit = unitOf(args);
      const target = args.positionals[0] === "ident" ? undefined : targetOf(args);
      const wire = await openWire(args, context, opener);
      try {
        if (target === undefined) return identReport(unit, await identify(wire, unit), context);
        return await probeSpan(wire, { unit, target, args, context });
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        return {
          lines: [error.message, ...silenceAdvice(unit, error, typeOfWire(args, context.link))],
          data: { unit, error: error.message },
          ok: false,
        };
      } finally {
        await wire.close();
      }
    },
  };
}

interface Probing {
  readonly unit: number;
  readonly target: ProbeTarget;
  readonly args: ToolArguments;
  readonly context: ToolContext;
}

interface Part extends Read {
  readonly took: Millis;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** A range that is too long for one request is read in several, up to the first exception. */
async function probeSpan(wire: Wire, probing: Probing): Promise<ToolReport> {
  const { unit, target } = probing;
  const parts: Part[] = [];
  for (const { span, pdu } of target.requests) {
    const { pdu: response, took } = await wire.transact(unit, pdu);
    if ((response[0] ?? 0) & 0x80) return refusedReport({ span, request: pdu, response, took }, probing);
    const data = response.slice(2);
    const expected = isBits(span.table) ? Math.ceil(span.count / 8) : 2 * span.count;
    if (response[1] !== expected || data.length !== expected) {
      throw new DeviceError(
        "malformed",
        `unit ${unit}: ${formatSpan(span)}: expected ${expected} bytes of data, got ${hexOf(response)}`,
      );
    }
    parts.push({ span, data, took, request: pdu, response });
  }
  return foundReport(parts, probing);
}

function foundReport(parts: readonly Part[], { unit, target, args, context }: Probing): ToolReport {
  const { table } = target;
  const read: Read = { span: target, data: Uint8Array.from(parts.flatMap(({ data }) => [...data])) };
  const emitted = args.flag("emit") ? emitLines(read, target, context.interpret) : [];
  const values = isBits(table) ? bitLines(read) : registerLines(read, context.interpret);
  return {
    lines: [
      ...parts.flatMap((part) => exchangeLines(unit, part)),
      "",
      ...values,
      ...(emitted.length > 0 ? ["", ...emitted] : []),
    ],
    data: {
      unit,
      ...spanData(target),
      data: hexOf(read.data),
      exchanges: parts.map(({ request, response, took }) => ({
        request: hexOf(request),
        response: hexOf(response),
        took,
      })),
      ...(isBits(table) || read.data.length > 8 ? {} : { interpretations: context.interpret(read.data).map(plain) }),
      ...(args.flag("emit") ? { emitted } : {}),
    },
    ok: true,
  };
}

function exchangeLines(unit: number, { span, request, response, took }: Part): string[] {
  return [
    `unit ${unit}: ${formatSpan(span)} answered in ${Math.round(took)} ms`,
    `  request   ${hexOf(request)}`,
    `  response  ${hexOf(response)}`,
  ];
}

function refusedReport(
  { span, request, response, took }: Omit<Part, "data">,
  { unit, target, args }: Probing,
): ToolReport {
  const [, exception = 0] = response;
  const next = nextTries(exception, span, target).map((words) => `  ${probeCommand(args, words)}`);
  return {
    lines: [
      `unit ${unit}: ${formatSpan(span)}: exception ${exception} (${EXCEPTIONS[exception] ?? "unknown code"}), after ${Math.round(took)} ms`,
      ...(ADVICE[exception] === undefined ? [] : [`what to do: ${ADVICE[exception]}`]),
      ...(next.length === 0 ? [] : ["for example:", ...next]),
    ],
    data: { unit, ...spanData(span), request: hexOf(request), response: hexOf(response), took, exception },
    ok: false,
  };
}

/** What most often helps: the other table, one address less, fewer registers. */
function nextTries(exception: number, { table, address, count }: Span, { written }: ProbeTarget): readonly string[] {
  if (exception < 1 || exception > 3) return [];
  const other = { input: "holding", holding: "input", coil: "discrete", discrete: "coil" }[table];
  const isRaw = written === undefined;
  return [
    ...(isRaw ? [`${other} ${address} ${count}`] : []),
    ...(isRaw && exception === 2 && address > 0 ? [`${table} ${address - 1} ${count}`] : []),
    ...(count > 1 ? [`${table} ${written ?? address} ${Math.ceil(count / 2)}`] : []),
  ];
}

/** Of a port or host that is not there its own sentence says all. */
function silenceAdvice(unit: number, error: DeviceError, type: string): readonly string[] {
  if (!(error instanceof Silence)) return [];
  return [
    `what to do: is ${unit} the address that is set on the device (scan modbus finds it)? ${adviceOnSilence(type)}`,
  ];
}

function identReport(unit: number, identity: Identity, { tell: _ }: ToolContext): ToolReport {
  const lines = identityLines(identity);
  const none = `unit ${unit} answers, but does not say who it is: neither FC 43/${DEVICE_IDENTIFICATION} nor FC 17`;
  return {
    lines: lines.length === 0 ? [none] : [`unit ${unit}`, ...lines.map((line) => `  ${line}`)],
    data: { unit, ...identity },
    ok: lines.length > 0,
  };
}

function spanData({ table, address, count }: Span) {
  return { table, address, count };
}

/** JSON has no integers of 64 bits. */
function plain<T extends { readonly value: unknown }>(interpretation: T) {
  const { value } = interpretation;
  return typeof value === "bigint" ? { ...interpretation, value: String(value) } : interpretation;
}
