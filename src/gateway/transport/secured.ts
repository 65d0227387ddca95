/** DTLS for servers at coaps://: who provides it here, and what is in the way. */
import type { LoadedConfig, ServerSettings } from "../../config/types.ts";
import { chooseProvider, type ProviderChoice } from "../../dtls/choose-provider.ts";
import { type LoadedDtls, loadDtls } from "../../dtls/load.ts";
import type { ServerSecurity } from "../../dtls/server-security.ts";
import { ConfigError, type Problem } from "../../errors.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../../servers/transport/dtls.ts";
import { NodeDtlsClientTransport } from "../../servers/transport/node-dtls-client.ts";
import type { Transport } from "../../servers/transport/transport.ts";
import { UdpTransport } from "../../servers/transport/udp.ts";

export type SecureParts = Pick<
  DtlsTransportOptions,
  "clock" | "random" | "log" | "certificateTime" | "uplink" | "onAlert"
>;

type Reached = Pick<ServerSettings, "host" | "port" | "security" | "place">;

/**
 * The same, if each server can be secured as it is to be, with a warning where that is by a lesser provider; none is reached in
 * any weaker mode. Throws ConfigError with the reason of each that cannot.
 */
export function secured(config: LoadedConfig, dtls: LoadedDtls = addon()): LoadedConfig {
  const problems = config.servers.filter(isSecured).flatMap(({ place, security }): Problem[] => {
    const choice = choose(security, dtls);
    if ("missing" in choice) return [{ severity: "error", code: "LG222", place, message: choice.missing }];
    const message = choice.provider === "node-dtls-client" ? choice.warning : undefined;
    return message === undefined ? [] : [{ severity: "warning", code: "LG222", place, message }];
  });
  const all = { ...config, problems: [...config.problems, ...problems] };
  if (problems.some(({ severity }) => severity === "error")) throw new ConfigError(all.problems);
  return all;
}

/** Throws ConfigError where there is none: see `secured`. */
export function secureTransport(settings: Reached, parts: SecureParts): Transport {
  const { host, port, place } = settings;
  if (!isSecured(settings)) throw wrong({ place, message: "nothing says how coaps:// is to be secured" });
  const { security } = settings;
  const choice = choose(security, addon());
  if ("missing" in choice) throw wrong({ place, message: choice.missing });
  if (choice.provider === "node-dtls-client")
    return new NodeDtlsClientTransport({ ...parts, host, port, security, psk: choice.psk });
  const wire = new UdpTransport({ host, port, uplink: parts.uplink });
  return new DtlsTransport({ ...parts, host, port, security, wire, provider: choice.openssl });
}

function choose(security: ServerSecurity, dtls: LoadedDtls): ProviderChoice {
  return chooseProvider(security, dtls, `Node ${process.version}`);
}

/** Looked for once a process. */
let loaded: LoadedDtls | undefined;

function addon(): LoadedDtls {
  loaded ??= loadDtls();
  return loaded;
}

function isSecured<T extends Reached>(settings: T): settings is T & { readonly security: ServerSecurity } {
  return settings.security !== undefined;
}

function wrong(problem: Omit<Problem, "severity" | "code">): ConfigError {
  return new ConfigError([{ severity: "error", code: "LG222", ...problem }]);
}
