/** The list of objects that Register and Update carry: as it is now, as it went out last, and as the server has it. */
import { createHash } from "node:crypto";
import { registerPayload } from "../lwm2m/links.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { ObjectTree } from "../lwm2m/tree.ts";

const text = new TextEncoder();

export class ObjectList {
  /** What it lists, asked each time. */
  private readonly root: () => ObjectTree;
  /** Stand for the list of the newest request, and for the one that the server took. */
  private listed = "";
  private known = "";

  constructor(root: () => ObjectTree) {
    this.root = root;
  }

  /** As it goes out now. */
  next(version: Lwm2mVersion): Uint8Array {
    const list = this.encode(version);
    this.listed = digest(list);
    return list;
  }

  /** The server took the one that went out last. */
  taken(): void {
    this.known = this.listed;
  }

  /** The server has this one, of the process before this one. */
  restore(known: string): void {
    this.listed = known;
    this.known = known;
  }

  /** Stands for the one that the server has. */
  get kept(): string {
    return this.known;
  }

  /** Whether it is another one now than went out last. */
  isOther(version: Lwm2mVersion): boolean {
    return digest(this.encode(version)) !== this.listed;
  }

  private encode(version: Lwm2mVersion): Uint8Array {
    return text.encode(registerPayload(this.root(), version));
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}
