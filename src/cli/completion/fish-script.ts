import type { CompletedCommand, CompletedOption, Values } from "./completion-table.ts";

export function fishScript(table: readonly CompletedCommand[]): string {
  return `# fish completion of lwm2m-gateway, made by: lwm2m-gateway completion fish
function __lwm2m_gateway_at
    set -l words (commandline -opc)
    set -l wanted (string split -n ' ' -- $argv[1])
    set -l count (count $wanted)
    test (count $words) -gt $count; or return 1
    if set -q argv[2]
        test (count $words) -eq (math $count + 1); or return 1
    end
    test "$words[2..(math $count + 1)]" = "$wanted"; or test $count -eq 0
end
function __lwm2m_gateway_words
    lwm2m-gateway completion --words $argv[1] 2>/dev/null
end
complete -c lwm2m-gateway -f
${table.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ path, commands, options, arguments: values }: CompletedCommand): readonly string[] {
  const at = quoted(`__lwm2m_gateway_at "${path}"${commands.length > 0 ? " alone" : ""}`);
  const start = `complete -c lwm2m-gateway -n ${at}`;
  return [
    ...commands.map(({ word, summary }) => `${start} -a ${quoted(word)} -d ${quoted(summary)}`),
    ...options.map((option) => `${start} ${optionOf(option)}`),
    ...(commands.length > 0 || values.kind === "any" ? [] : [`${start} ${wordsOf(values)}`]),
  ];
}

function optionOf({ flags, help, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(values === undefined ? [] : ["-r", wordsOf(values)]), `-d ${quoted(help)}`]
    .filter(Boolean)
    .join(" ");
}

function wordsOf(values: Values): string {
  switch (values.kind) {
    case "fixed":
      return `-a ${quoted(values.words.join(" "))}`;
    case "asked":
      return `-a ${quoted(`(__lwm2m_gateway_words ${values.words})`)}`;
    case "files":
      return "-F";
    case "any":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
