/** Topics and topic filters. MQTT 5.0 §4.7, 3.1.1 §4.7: levels, `+` for one of them, `#` for all that follow. */

/** Bytes of UTF-8 that a topic may have. MQTT 5.0 §1.5.4. */
const LONGEST = 65_535;

/** Why this is no topic to publish to, as a sentence; undefined: it is one. */
export function topicFault(text: string): string | undefined {
  return /[+#]/.test(text) ? `"${text}" has a wildcard: what is published goes to one topic` : textFault(text);
}

/** Why this is no filter to subscribe to, as a sentence; undefined: it is one. */
export function filterFault(text: string): string | undefined {
  // MQTT 5.0 §4.8.2: each message would go to one of several clients, and never to all devices here.
  if (text.startsWith("$share/")) return "a shared subscription gets some of the messages only: leave out $share/…/";
  const levels = text.split("/");
  for (const [i, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") return `"${text}": + stands for a whole level, as in a/+/b`;
    if (level.includes("#") && (level !== "#" || i < levels.length - 1))
      return `"${text}": # stands alone at the end, as in a/#`;
  }
  return textFault(text);
}

/** Whether a filter can mean several topics. */
export function isFilter(text: string): boolean {
  return /[+#]/.test(text);
}

/** Whether a topic is meant by the filter. */
export function fits(filter: string, topic: string): boolean {
  // MQTT 5.0 §4.7.2: topics of the broker itself are meant by no wildcard at the beginning.
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [i, level] of wanted.entries()) {
    if (level === "#") return true;
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

function textFault(text: string): string | undefined {
  if (text === "") return "a topic has at least one character";
  if (text.includes("\0")) return "a topic has no null character";
  return Buffer.byteLength(text) > LONGEST ? `a topic has at most ${LONGEST} bytes` : undefined;
}
