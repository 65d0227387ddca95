/** Guesses for the reader, and for a script. */
import type { FrameGuess } from "./guess/frame-guess.ts";

/** What may be pasted into a mapping, and what speaks for it; others that are possible as comments. */
export function frameLines(frames: readonly FrameGuess[], bytes: number): readonly string[] {
  const [best, ...others] = frames;
  if (best === undefined) return bytes === 0 ? [] : ["nothing tells where frames begin and end; longer listening may"];
  return [
    `# ${best.certainty}: ${best.reasons.join(", ")}`,
    "serial:",
    `  frame: ${best.text}`,
    ...others.map(({ text, certainty }) => `  # or, ${certainty}: ${text}`),
  ];
}

export function dataOf({ text, certainty, frames, share, reasons }: FrameGuess) {
  return { frame: text, certainty, frames, share, reasons };
}
