import type { CompletedCommand, CompletedOption, Values } from "./completion-table.ts";

/** For bash 4 and later; nothing of bash-completion is needed. */
export function bashScript(table: readonly CompletedCommand[]): string {
  const groups = table.filter(({ path, commands }) => path !== "" && commands.length > 0).map(({ path }) => path);
  return `# bash completion of lwm2m-gateway, made by: lwm2m-gateway completion bash
_lwm2m_gateway() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path="" words="" config=() i
  COMPREPLY=()
  if (( COMP_CWORD > 1 )); then
    path=\${COMP_WORDS[1]}
    case $path in
      ${groups.join("|")}) (( COMP_CWORD > 2 )) && path="$path \${COMP_WORDS[2]}" ;;
    esac
  fi
  for (( i = 2; i < COMP_CWORD; i++ )); do
    case \${COMP_WORDS[i-1]} in
      -c|--config) config=(--config "\${COMP_WORDS[i]}") ;;
    esac
  done
  case "$path $prev" in
${table.flatMap(optionCases).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case $path in
${table.map(({ path, options }) => `      ${quoted(path)}) words=${quoted(flagsOf(options))} ;;`).join("\n")}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    return
  fi
  case $path in
${table.flatMap(argumentCases).join("\n")}
  esac
}
complete -F _lwm2m_gateway lwm2m-gateway
`;
}

function flagsOf(options: readonly CompletedOption[]): string {
  return options.flatMap(({ flags }) => flags).join(" ");
}

function optionCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ flags, values }) =>
    values === undefined
      ? []
      : [`    ${flags.map((flag) => quoted(`${path} ${flag}`)).join("|")}) ${replies(values)} return ;;`],
  );
}

function argumentCases({ path, commands, arguments: values }: CompletedCommand): readonly string[] {
  const words = commands.map(({ word }) => word);
  const all: Values = words.length === 0 ? values : { kind: "fixed", words };
  return all.kind === "any" ? [] : [`    ${quoted(path)}) ${replies(all)} ;;`];
}

function replies(values: Values): string {
  switch (values.kind) {
    case "fixed":
      return `COMPREPLY=($(compgen -W ${quoted(values.words.join(" "))} -- "$cur"));`;
    case "asked":
      return `COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completion --words ${values.words} "\${config[@]}" 2>/dev/null)" -- "$cur"));`;
    case "files":
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"));';
    case "any":
      return "";
  }
}

/** All words are of letters, digits and signs that mean nothing between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
