/** config.example.yaml, with the ports and the directory of one run of the demo. */
import { isMap, parseDocument } from "yaml";

export interface DemoPlaces {
  /** Where the demo server listens. */
  readonly serverPort: number;
  /** Of each simulated link. */
  readonly linkPorts: ReadonlyMap<string, number>;
  readonly stateDirectory: string;
}

/** The text of a configuration that differs from the example in nothing else; comments stay. */
export function demoConfig(example: string, { serverPort, linkPorts, stateDirectory }: DemoPlaces): string {
  const document = parseDocument(example);
  document.setIn(["gateway", "state"], stateDirectory);
  document.setIn(["servers", 0, "uri"], `coap://127.0.0.1:${serverPort}`);
  for (const [link, port] of linkPorts) document.setIn(["links", link, "port"], port);
  return document.toString({ lineWidth: 0 });
}

/** The links of the example that need a device at the other end. */
export function simulatedLinks(example: string): readonly string[] {
  const links = parseDocument(example).get("links");
  if (!isMap(links)) return [];
  return links.items.map(({ key }) => String(key)).filter((link) => links.getIn([link, "type"]) !== "simulated");
}
