/** Wireshark's dissectors as a judge of what was on the wire. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { formatCode } from "../../../src/coap/codes.ts";
import { findTool } from "../../support/foreign-tool.ts";
import { tellPeer } from "../../support/peer.ts";
import { run } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";
import { captureOf, type WireRecorder } from "./wire-recorder.ts";

const FIELDS = ["coap.code", "coap.opt.ctype", "coap.opt.uri_path_recon", "_ws.malformed"] as const;
const EXPERT_FIELDS = ["_ws.expert.severity", "_ws.expert.message"] as const;
const SEPARATOR = "\t";
/** Wireshark's number for a warning; below are notes, such as that a message was repeated. */
const WARNING = 0x600000;

/** What tshark made of a capture. */
export interface Dissection {
  readonly packets: number;
  /** By code, e.g. "2.05"; an empty message is "0.00". */
  readonly codes: ReadonlyMap<string, number>;
  /** By Content-Format, as tshark calls it. */
  readonly formats: ReadonlyMap<string, number>;
  /** One sentence for each packet that is not as it should be. */
  readonly complaints: readonly string[];
}

/** Fails where tshark has anything to say against what was recorded; prints what there was. */
export async function checkWellFormed(t: TestContext, wire: WireRecorder): Promise<void> {
  // The session goes on meanwhile.
  const recorded = wire.datagrams.length;
  const capture = wire.toPcap();
  const dissection = await dissect(t, { port: wire.port, toPcap: () => capture });
  if (dissection === undefined) return;
  const { packets, codes, formats, complaints } = dissection;
  assert.deepEqual(complaints, []);
  assert.equal(packets, recorded);
  t.diagnostic(`${packets} packets; codes ${tally(codes)}; payloads ${tally(formats)}`);
}

/** What can be dissected. */
export interface Capture {
  readonly port: number;
  toPcap(): Uint8Array;
  /** It is DTLS, with this key. */
  readonly psk?: Uint8Array;
}

/** The same of what was deciphered, each way by the key of its identity: a handshake names that in plain text. */
export async function checkDeciphered(
  t: TestContext,
  { datagrams, port }: WireRecorder,
  keys: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const all = new Set(datagrams.map(({ way }) => way));
  for (const [identity, psk] of keys) {
    const named = datagrams.filter(({ bytes }) => Buffer.from(bytes).includes(identity));
    const ways = new Set(named.map(({ way }) => way));
    const mine = datagrams.filter(({ way }) => ways.has(way));
    const found = await dissect(t, { port, psk, toPcap: () => captureOf(mine, port) });
    if (found === undefined) return;
    assert.deepEqual(found.complaints, [], identity);
    assert.ok((found.codes.get("0.02") ?? 0) > 0, `${identity}: nothing was deciphered`);
    t.diagnostic(
      `${identity}: ${found.packets} packets; codes ${tally(found.codes)}; payloads ${tally(found.formats)}`,
    );
    for (const way of ways) all.delete(way);
  }
  assert.deepEqual([...all], [], "of these ways no identity was named");
}

/** Dissects all that was recorded; undefined, the test being skipped, where tshark is not installed. */
export async function dissect(
  t: TestContext,
  wire: Capture,
  transport: "udp" | "tcp" = "udp",
): Promise<Dissection | undefined> {
  const tshark = findTool(t, ["tshark"], "apt-get install -y --no-install-recommends tshark");
  if (tshark === undefined) return undefined;
  const { stdout: about } = await run(t, tshark, ["--version"]);
  tellPeer(t, "tshark", /\d+\.\d+\.\d+/.exec(about)?.[0] ?? "?");
  const file = join(temporaryDirectory(t), "session.pcap");
  writeFileSync(file, wire.toPcap());
  const fields = [...FIELDS, ...EXPERT_FIELDS].flatMap((field) => ["-e", field]);
  const { port, psk } = wire;
  const asCoap = psk === undefined ? ["-d", `${transport}.port==${port},coap`] : deciphering(port, psk);
  // Of a stream there are also segments in which no message ends; in DTLS there are handshakes.
  const only = transport === "udp" && psk === undefined ? [] : ["-Y", "coap"];
  const { code, stdout, stderr } = await run(t, tshark, [
    "-n",
    "-r",
    file,
    ...asCoap,
    ...only,
    "-T",
    "fields",
    ...fields,
  ]);
  assert.equal(code, 0, stderr);
  return summary(stdout.split("\n").slice(0, -1));
}

function deciphering(port: number, psk: Uint8Array): readonly string[] {
  const key = Buffer.from(psk).toString("hex");
  return ["-o", `dtls.psk:${key}`, "-d", `udp.port==${port},dtls`, "-d", `dtls.port==${port},coap`];
}

function summary(lines: readonly string[]): Dissection {
  const codes = new Map<string, number>();
  const formats = new Map<string, number>();
  const complaints: string[] = [];
  for (const [i, line] of lines.entries()) {
    const [code = "", format = "", path = "", malformed = "", severities = "", expert = ""] = line.split(SEPARATOR);
    // Several messages may share a segment.
    for (const one of code.split(",")) count(codes, formatCode(Number(one)));
    for (const one of format.split(",")) if (one !== "") count(formats, one);
    if (isSignal(code, expert)) continue;
    const warned = severities.split(",").some((severity) => Number(severity) >= WARNING) && !isMisread(path, format);
    if (code === "" || malformed !== "" || warned) complaints.push(`packet ${i + 1}: ${malformed} ${expert}`);
  }
  return { packets: lines.length, codes, formats, complaints };
}

/** Its dissector of TLV takes the first segment of a path for an object: below a prefix it looks for strings in numbers. */
function isMisread(path: string, format: string): boolean {
  return format.endsWith("+tlv") && !/^\/\d/.test(path);
}

/** Its dissector takes the options of signals (RFC 8323 §5.2), Max-Message-Size and Custody, for those of requests. */
function isSignal(code: string, expert: string): boolean {
  const others = expert.replaceAll(/Invalid Option Number 2|Invalid Option Range: 0 \(1 < x < 8\)/g, "");
  return code.split(",").some((one) => Number(one) >> 5 === 7) && /^,*$/.test(others);
}

function tally(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, n]) => `${name}: ${n}`).join(", ");
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
