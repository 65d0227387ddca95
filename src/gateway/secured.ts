/** DTLS for servers at coaps://: who provides it here, and what is in the way. */
import type { LoadedConfig, ServerSettings } from "../config/types.ts";
import { type LoadedDtls, loadDtls } from "../dtls/load.ts";
import { type DtlsProvider, missingMode, openSslProvider } from "../dtls/provider.ts";
import type { ServerSecurity } from "../dtls/server-security.ts";
import { ConfigError, type Problem } from "../errors.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../servers/transport/dtls.ts";
import type { Transport } from "../servers/transport/transport.ts";
import { UdpTransport } from "../servers/transport/udp.ts";

export type SecureParts = Pick<DtlsTransportOptions, "clock" | "random" | "log" | "certificateTime">;

type Secured = ServerSettings & { readonly security: ServerSecurity };

/**
 * The same, if each server can be secured as it is to be; none is reached in any weaker way. Throws ConfigError with the reason
 * of each that cannot.
 */
export function secured(config: LoadedConfig, dtls: LoadedDtls = addon()): LoadedConfig {
  const problems = config.servers.filter(isSecured).flatMap(({ place, security }): Problem[] => {
    const choice = choose(security, dtls);
    return "missing" in choice ? [{ severity: "error", place, message: choice.missing }] : [];
  });
  if (problems.length > 0) throw new ConfigError([...config.problems, ...problems]);
  return config;
}

/** Throws ConfigError where there is none: see `secured`. */
export function secureTransport(settings: ServerSettings, parts: SecureParts): Transport {
  const { host, port, place } = settings;
  if (!isSecured(settings)) throw wrong({ place, message: "nothing says how coaps:// is to be secured" });
  const { security } = settings;
  const choice = choose(security, addon());
  if ("missing" in choice) throw wrong({ place, message: choice.missing });
  const wire = new UdpTransport({ host, port });
  return new DtlsTransport({ ...parts, host, port, security, wire, provider: choice.provider });
}

type Choice = { readonly provider: DtlsProvider } | { readonly missing: string };

function choose({ credentials }: ServerSecurity, dtls: LoadedDtls): Choice {
  if ("missing" in dtls) return dtls;
  const provider = openSslProvider(dtls.native);
  const missing = missingMode(provider, credentials.mode, `Node ${process.version}`);
  return missing === undefined ? { provider } : { missing };
}

/** Looked for once a process. */
let loaded: LoadedDtls | undefined;

function addon(): LoadedDtls {
  loaded ??= loadDtls();
  return loaded;
}

function isSecured(settings: ServerSettings): settings is Secured {
  return settings.security !== undefined;
}

function wrong(problem: Omit<Problem, "severity">): ConfigError {
  return new ConfigError([{ severity: "error", ...problem }]);
}
