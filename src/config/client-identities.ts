/** Who says that it is another is that other to the server: each registration there has an identity and a key of its own. */
import type { Credentials } from "../dtls/credentials.ts";
import type { YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";
import { valuePlace } from "./server-security.ts";

/** A device, and where its credentials stand. */
export interface Claimant {
  readonly device: string;
  readonly node: YamlNode;
  readonly report: Report;
}

/** At one server. */
export class ClientIdentities {
  private readonly identities = new Map<string, string>();
  private readonly keys = new Map<string, string>();

  /** `gateway`: its own, with which it registers beside its devices. */
  constructor(gateway: Credentials) {
    this.keep(proofOf(gateway), "the gateway itself");
  }

  /** False where another has the identity, which is told; never which identity, or key. */
  claim({ device, node, report }: Claimant, credentials: Credentials): boolean {
    const proof = proofOf(credentials);
    const other = this.identities.get(proof.identity.value);
    if (other !== undefined) {
      const { name } = proof.identity;
      reportError(report, valuePlace(node, name), `${name}: ${other} has the same one; expected one for each`, "LG208");
      return false;
    }
    const sharing = proof.key === undefined ? undefined : this.keys.get(proof.key.value);
    this.keep(proof, `device ${device}`);
    if (proof.key === undefined || sharing === undefined) return true;
    const { name } = proof.key;
    const message = `${name}: ${sharing} has the same one; expected one for each`;
    report({ severity: "warning", code: "LG225", place: valuePlace(node, name), message });
    return true;
  }

  private keep({ identity, key }: Proof, owner: string): void {
    this.identities.set(identity.value, owner);
    if (key !== undefined) this.keys.set(key.value, owner);
  }
}

/** What a server knows somebody by, and what proves it; each with the key of the configuration that it stands behind. */
interface Proof {
  readonly identity: Part;
  /** Absent: it is the identity itself. */
  readonly key?: Part;
}

interface Part {
  readonly name: "identity" | "key" | "private_key" | "certificates";
  readonly value: string;
}

function proofOf(credentials: Credentials): Proof {
  switch (credentials.mode) {
    case "psk": {
      const { identity, key } = credentials;
      return { identity: { name: "identity", value: identity }, key: { name: "key", value: hex(key) } };
    }
    case "rpk":
      return { identity: { name: "private_key", value: hex(credentials.privateKey) } };
    case "x509": {
      const { certificates, privateKey } = credentials;
      const [own = new Uint8Array()] = certificates;
      return {
        identity: { name: "certificates", value: hex(own) },
        key: { name: "private_key", value: hex(privateKey) },
      };
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
