/** The object lists that we send. */
import type { Lwm2mVersion } from "./objects/versions.ts";
import type { Link, ObjectTree } from "./tree.ts";

export interface RegisterParameters {
  readonly endpoint: string;
  /** Seconds. */
  readonly lifetime: number;
  readonly version: Lwm2mVersion;
  readonly binding: string;
  readonly queueMode: boolean;
}

/** The Uri-Query arguments of a Register. */
export declare function registerQuery(parameters: RegisterParameters): string[];
/** The payload of a Register or Update, Content-Format 40: the gateway's own object instances. */
export declare function registerPayload(tree: ObjectTree, version: Lwm2mVersion): string;
/** /25/x/3: the objects of a device, without its prefix. */
export declare function deviceObjectLinks(tree: ObjectTree): string;
/** Takes away versions that this LwM2M version implies (Discover). */
export declare function announcedLinks(links: readonly Link[], version: Lwm2mVersion): Link[];
