import { systemClock } from "../clock.ts";
import { dayOf, type Validity } from "../dtls/certificate-checks.ts";
import { readConfig } from "../gateway/read-config.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { type CredentialEntry, credentialsOf, hasExpired, type ServerCredentials } from "./credential-report.ts";

/** Reads the files as `run` does, and starts nothing. */
export const keysShow: Command = {
  name: "keys show",
  summary: "Lists what secures each server: identities, fingerprints, certificates and how long they hold.",
  options: {
    config: CONFIG_OPTION,
    json: { type: "boolean", help: "Prints all of it as JSON." },
  },
  async run(args) {
    const { servers } = await readConfig(configFile(args));
    const now = systemClock.wall();
    const all = servers.map((server) => credentialsOf(server, now));
    const text = args.flag("json") ? JSON.stringify(all.map(asPlain), undefined, 2) : all.flatMap(linesOf).join("\n");
    process.stdout.write(`${text}\n`);
    return all.some(hasExpired) ? EXIT.failure : EXIT.ok;
  },
};

/** With dates that every program reads. */
function asPlain({ entries, ...rest }: ServerCredentials) {
  const plain = entries.map((entry) => {
    if (entry.kind !== "certificate") return entry;
    const { validity, ...others } = entry;
    const { state, days, from, until } = validity;
    return { ...others, state, days, from: new Date(from).toISOString(), until: new Date(until).toISOString() };
  });
  return { ...rest, entries: plain };
}

function linesOf({ server, uri, mode, psk, entries }: ServerCredentials): readonly string[] {
  const how = mode === "none" ? "plain text" : mode;
  return [
    `server ${server}  ${uri}  ${how}`,
    ...(psk === undefined ? [] : [`   identity ${psk.identity}, a key of ${psk.bytes} bytes`]),
    ...entries.flatMap(entryLines),
  ];
}

function entryLines(entry: CredentialEntry): readonly string[] {
  const { whose, kind, hash, fingerprint, usage } = entry;
  const who = `   ${WHOSE[whose]}: ${kind === "hash" ? "a certificate" : kind}`;
  const as = usage === undefined ? "" : `, ${usage}`;
  const print = `      ${hash} ${fingerprint}`;
  if (entry.kind !== "certificate") return [`${who}${as}`, print];
  const { subject, issuer, validity } = entry;
  return [`${who} of ${subject}${as}`, `      issued by ${issuer || "nobody"}; ${heldFor(validity)}`, print];
}

const WHOSE: Readonly<Record<CredentialEntry["whose"], string>> = {
  ours: "we show",
  issuer: "with it",
  server: "the server must show",
};

function heldFor({ state, days, from, until }: Validity): string {
  switch (state) {
    case "valid":
      return `valid until ${dayOf(until)}, ${days} days`;
    case "ending":
      return `ENDS IN ${days} ${days === 1 ? "DAY" : "DAYS"}, on ${dayOf(until)}`;
    case "expired":
      return `EXPIRED on ${dayOf(until)}`;
    case "early":
      return `NOT VALID before ${dayOf(from)}`;
  }
}
