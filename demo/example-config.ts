/** config.example.yaml, with the ports and the directory of one run of the demo in place of the example's. */

/** The links of the example that need a device at the other end, and the port that each has in the file. */
export const EXAMPLE_LINKS: ReadonlyMap<string, number> = new Map([
  ["meters", 1502],
  ["actuator", 1503],
]);
const EXAMPLE_SERVER = "coap://127.0.0.1:5683";

export interface DemoPlaces {
  /** Where the demo server listens. */
  readonly serverPort: number;
  /** By link. */
  readonly linkPorts: ReadonlyMap<string, number>;
  readonly stateDirectory: string;
}

/** The text of the example with these places; nothing else is another. Throws where the example no longer has the place to fill. */
export function demoConfig(example: string, { serverPort, linkPorts, stateDirectory }: DemoPlaces): string {
  let text = replaceOnly(example, EXAMPLE_SERVER, `coap://127.0.0.1:${serverPort}`);
  text = replaceOnly(text, "\ngateway:\n", `\ngateway:\n  state: ${JSON.stringify(stateDirectory)}\n`);
  for (const [link, port] of EXAMPLE_LINKS) {
    text = replaceOnly(text, `port: ${port}`, `port: ${linkPorts.get(link) ?? port}`);
  }
  return text;
}

function replaceOnly(text: string, wanted: string, replacement: string): string {
  const [before, after, ...more] = text.split(wanted);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`config.example.yaml should have "${wanted.trim()}" exactly once`);
  }
  return before + replacement + after;
}
