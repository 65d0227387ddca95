import type { CompletedCommand, CompletedOption, Values } from "./completion-table.ts";

/** For a file `_lwm2m-gateway` in a folder of `fpath`, or for `source <(…)` after `compinit`. */
export function zshScript(table: readonly CompletedCommand[]): string {
  const groups = table.filter(({ path, commands }) => path !== "" && commands.length > 0).map(({ path }) => path);
  return `#compdef lwm2m-gateway
# zsh completion of lwm2m-gateway, made by: lwm2m-gateway completion zsh
_lwm2m_gateway() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} place="" i
  local -a config known
  if (( CURRENT > 2 )); then
    place=\${words[2]}
    case $place in
      ${groups.join("|")}) (( CURRENT > 3 )) && place="$place \${words[3]}" ;;
    esac
  fi
  for (( i = 3; i < CURRENT; i++ )); do
    case \${words[i-1]} in
      -c|--config) config=(--config "\${words[i]}") ;;
    esac
  done
  case "$place $prev" in
${table.flatMap(optionCases).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case $place in
${table.map(({ path, options }) => `      ${quoted(path)}) known=(${described(options)}) ;;`).join("\n")}
    esac
    _describe -o option known
    return
  fi
  case $place in
${table.flatMap(argumentCases).join("\n")}
  esac
}
if [[ $funcstack[1] == _lwm2m-gateway ]]; then
  _lwm2m_gateway "$@"
else
  compdef _lwm2m_gateway lwm2m-gateway
fi
`;
}

function described(options: readonly CompletedOption[]): string {
  return options.flatMap(({ flags, help }) => flags.map((flag) => quoted(entry(flag, help)))).join(" ");
}

/** "word:what it is", as _describe takes it. */
function entry(word: string, help: string): string {
  return `${word.replaceAll(":", "\\:")}:${help}`;
}

function optionCases({ path, options }: CompletedCommand): readonly string[] {
  return options.flatMap(({ flags, values }) =>
    values === undefined
      ? []
      : [`    ${flags.map((flag) => quoted(`${path} ${flag}`)).join("|")}) ${replies(values)} return ;;`],
  );
}

function argumentCases({ path, commands, arguments: values }: CompletedCommand): readonly string[] {
  if (commands.length > 0) {
    const words = commands.map(({ word, summary }) => quoted(entry(word, summary)));
    return [`    ${quoted(path)}) known=(${words.join(" ")}); _describe subcommand known ;;`];
  }
  return values.kind === "any" ? [] : [`    ${quoted(path)}) ${replies(values)} ;;`];
}

function replies(values: Values): string {
  switch (values.kind) {
    case "fixed":
      return `compadd -- ${values.words.map(quoted).join(" ")};`;
    case "asked":
      return `compadd -- \${(f)"$(\${words[1]} completion --words ${values.words} "\${config[@]}" 2>/dev/null)"};`;
    case "files":
      return "_files;";
    case "any":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
