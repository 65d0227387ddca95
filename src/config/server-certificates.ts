/** `x509` of a server: our certificates with their key, and what the server's must be (/0/x/4, /0/x/13, /0/x/15). */
import { createHash, type X509Certificate } from "node:crypto";
import { getCACertificates } from "node:tls";
import { chainFault, dateFault, nameOf } from "../dtls/certificate-checks.ts";
import type { Certificates } from "../dtls/credentials.ts";
import { certificateOf, certificatesIn, requireCurve } from "../dtls/key-files.ts";
import type { CertificateUsage, Expectation, MatchingType } from "../dtls/native.ts";
import type { Place } from "../errors.ts";
import { childOf } from "../yaml/nodes.ts";
import { reportError } from "../yaml/read.ts";
import { readBytes } from "./files.ts";
import { MATCHINGS, type MatchingWord, USAGES, type UsageWord, type X509Keys } from "./security-schema.ts";
import { pathOf, privateKeyOf, told } from "./server-keys.ts";
import type { SecurityContext } from "./server-security.ts";

/** Undefined where something is wrong, which was reported. */
export async function certificatesOf(keys: X509Keys, context: SecurityContext): Promise<Certificates | undefined> {
  const { node, report } = context;
  const ours = await privateKeyOf(context);
  const own = await readAll(entriesOf(context, "certificates", keys.certificates), context);
  const server = await expectationsOf(keys, context);
  const anchors = await anchorsOf(keys, context);
  if (ours === undefined || own === undefined || server === undefined || anchors === undefined) return undefined;
  const chain = own.map(({ certificate }) => certificate);
  const fault = chainFault(chain, ours);
  if (fault !== undefined) {
    reportError(report, own[0]?.place ?? node.place, `certificates: ${fault}`, "LG223");
    return undefined;
  }
  return {
    mode: "x509",
    privateKey: ours.der,
    certificates: chain.map(({ raw }) => raw),
    server,
    ...(anchors.length === 0 ? {} : { anchors }),
  };
}

/** A certificate, and the entry that names its file. */
interface Placed {
  readonly certificate: X509Certificate;
  readonly place: Place;
}

/** What stands behind a key, one or in a list. */
interface Entry {
  readonly key: string;
  readonly text: string;
  readonly place: Place;
}

function entriesOf({ node }: SecurityContext, key: string, texts: readonly string[]): readonly Entry[] {
  const value = childOf(node, key) ?? node;
  return texts.map((text, i) => ({
    key,
    text,
    place: (value.kind === "list" ? value.items[i] : value)?.place ?? node.place,
  }));
}

/** The certificates of these files; of those that end soon, or have, one is warned. Undefined where a file is wrong. */
async function readAll(
  files: readonly Entry[],
  { now, report }: SecurityContext,
): Promise<readonly Placed[] | undefined> {
  const placed: Placed[] = [];
  let isWhole = true;
  for (const { key, text, place } of files) {
    const read = async () => certificatesIn(await readBytes(pathOf(place, text)));
    const found = await told(place, report, read, `${key}: `);
    if (found === undefined) isWhole = false;
    else placed.push(...found.map((certificate) => ({ certificate, place })));
  }
  for (const { certificate, place } of placed) {
    const message = now === undefined ? undefined : dateFault(certificate, now);
    if (message !== undefined) report({ severity: "warning", code: "LG224", place, message });
  }
  return isWhole ? placed : undefined;
}

async function expectationsOf(keys: X509Keys, context: SecurityContext): Promise<readonly Expectation[] | undefined> {
  const { usage = "domain-issued", matching } = keys;
  const expected: Expectation[] = [];
  const files: Entry[] = [];
  let isWhole = true;
  for (const entry of entriesOf(context, "server", keys.server)) {
    const hash = hashOf(entry.text, matching);
    if (hash === undefined) files.push(entry);
    else if (typeof hash !== "string")
      expected.push({ usage: usageOf(usage), matching: matchingOf(matching), data: hash });
    else {
      reportError(context.report, entry.place, `server: ${hash}`, "LG223");
      isWhole = false;
    }
  }
  const read = await readAll(files, context);
  for (const placed of read ?? []) expected.push(...(await expectedBy(placed, keys, context)));
  return isWhole && read !== undefined ? expected : undefined;
}

/** What one certificate expects of the server. */
async function expectedBy(
  { certificate, place }: Placed,
  { usage, matching }: X509Keys,
  { report }: SecurityContext,
): Promise<readonly Expectation[]> {
  if (usage !== undefined && isOfCa(usage) !== certificate.ca) {
    const [wanted, is] = certificate.ca ? ["that of the server itself", "a CA's"] : ["a CA's", "none"];
    const message = `server: ${usage} wants ${wanted}; the certificate of ${nameOf(certificate)} is ${is}`;
    report({ severity: "warning", code: "LG223", place, message });
  }
  // A CA may have any key; that of the server must sign our handshakes.
  if (!certificate.ca) {
    await told(place, report, async () => requireCurve(certificate.publicKey, "the server's key"), "server: ");
  }
  const usages = usage === undefined ? usualUsages(certificate) : [usageOf(usage)];
  return usages.map((number) => ({
    usage: number,
    matching: matchingOf(matching),
    data: digest(certificate, matching),
  }));
}

/**
 * Who made a certificate for a server with two words to openssl has one that signs itself and calls itself a CA: it is taken
 * as both. Whoever has its key could be that server either way.
 */
function usualUsages(certificate: X509Certificate): readonly CertificateUsage[] {
  if (!certificate.ca) return [3];
  return certificate.checkIssued(certificate) ? [2, 3] : [2];
}

function isOfCa(usage: UsageWord): boolean {
  return usage === "ca-constraint" || usage === "trust-anchor";
}

function usageOf(word: UsageWord): CertificateUsage {
  return NUMBERS[USAGES.indexOf(word)] ?? 3;
}

function matchingOf(word: MatchingWord): MatchingType {
  return NUMBERS[MATCHINGS.indexOf(word)] ?? 0;
}

const NUMBERS = [0, 1, 2, 3] as const;

function digest({ raw }: X509Certificate, matching: MatchingWord): Uint8Array {
  return matching === "exact" ? raw : createHash(matching).update(raw).digest();
}

/** Digits of a hash in hex. */
const DIGITS: Readonly<Record<MatchingWord, number>> = { exact: 0, sha256: 64, sha384: 96, sha512: 128 };

/** The hash that stands there in place of a file, with or without colons; a sentence where it has the wrong length. */
function hashOf(text: string, matching: MatchingWord): Uint8Array | string | undefined {
  const digits = text.replaceAll(":", "");
  if (!/^[0-9a-f]{32,}$/i.test(digits)) return undefined;
  if (digits.length === DIGITS[matching]) return Buffer.from(digits, "hex");
  const fitting = MATCHINGS.find((word) => DIGITS[word] === digits.length);
  if (fitting !== undefined) return `a hash of ${digits.length} digits needs matching: ${fitting}`;
  return `a hash in hex has 64 (sha256), 96 (sha384) or 128 digits (sha512); this one has ${digits.length}`;
}

/** For the two usages that want a way to a CA that the machine trusts anyhow. */
async function anchorsOf(keys: X509Keys, context: SecurityContext): Promise<readonly Uint8Array[] | undefined> {
  const { usage, anchors } = keys;
  const { node, report } = context;
  const wanted = usage === "ca-constraint" || usage === "service-certificate";
  if (anchors !== undefined) {
    if (!wanted) {
      const place = childOf(node, "anchors")?.place ?? node.place;
      reportError(
        report,
        place,
        "anchors: only ca-constraint and service-certificate look for a CA among others",
        "LG223",
      );
      return undefined;
    }
    const read = await readAll(entriesOf(context, "anchors", anchors), context);
    return read?.map(({ certificate }) => certificate.raw);
  }
  return wanted ? anchorsOfMachine() : [];
}

function anchorsOfMachine(): readonly Uint8Array[] {
  const ofSystem = getCACertificates("system");
  const texts = ofSystem.length > 0 ? ofSystem : getCACertificates("bundled");
  return texts.flatMap((text) => certificateOf(Buffer.from(text))?.raw ?? []);
}
