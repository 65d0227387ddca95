/** What is odd about the links to brokers of a configuration, though each is right by itself. */
import { type LinkAdvice, type NamedLink, reasonOf } from "../../src/adapter.ts";
import { secureContextOf } from "./broker/tls-files.ts";
import { type MqttOptions, urlOf } from "./options.ts";

type MqttLinks = readonly NamedLink<MqttOptions>[];

/** Looks at the files of certificates and keys. */
export async function adviseLinks(links: MqttLinks): Promise<readonly LinkAdvice[]> {
  const files = await Promise.all(links.map(fileFaults));
  return [...sameClient(links), ...links.flatMap(plainPassword), ...files.flat()];
}

function sameClient(links: MqttLinks): readonly LinkAdvice[] {
  return links.flatMap(({ id, options }, i) => {
    const { clientId, broker } = options;
    const place = urlOf(broker).toLowerCase();
    const isSame = (other: MqttOptions): boolean =>
      other.clientId === clientId && urlOf(other.broker).toLowerCase() === place;
    // Without a client_id each link has one of its own.
    const first = clientId === undefined ? undefined : links.slice(0, i).find((other) => isSame(other.options));
    if (first === undefined) return [];
    const message = `the link "${first.id}" is the client "${clientId}" of that broker already: each would end the connection of the other; give another client_id, or put the devices of both on one link`;
    return [{ link: id, message }];
  });
}

function plainPassword({ id, options }: NamedLink<MqttOptions>): readonly LinkAdvice[] {
  const { broker, password } = options;
  if (password === undefined || broker.secure || isLoopback(broker.host)) return [];
  const message = `${urlOf(broker)}: the password goes over the network as plain text, and so does all else; write mqtts:// where the broker has TLS`;
  return [{ link: id, message }];
}

async function fileFaults({ id, options }: NamedLink<MqttOptions>): Promise<readonly LinkAdvice[]> {
  if (!options.broker.secure) return [];
  try {
    await secureContextOf(options.tls);
    return [];
  } catch (error) {
    return [{ link: id, message: `${reasonOf(error)}: there will be no connection to the broker` }];
  }
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}
