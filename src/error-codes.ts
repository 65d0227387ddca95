/**
 * Stable codes of messages: each has a section in docs/errors.md, and keeps its meaning for good. By their first digit:
 * 1 the command line, 2 the configuration, 3 mappings, 4 servers, 5 links and devices, 6 state, history and backups,
 * 7 the running gateway and its API, 8 the machine and its service manager.
 */
export const ERROR_CODES = {
  LG101: "the command line is wrong",
  LG102: "the command could not do its work",
  LG103: "no configuration was found",
  LG104: "a file cannot be written",
  LG105: "there is no terminal to ask at",
  LG109: "a bug in the program",
  LG200: "the configuration is wrong",
  LG501: "there is no such link",
  LG502: "the link cannot be paused, or is not",
  LG503: "the option of the link cannot be set",
  LG551: "the device does not answer",
  LG552: "the device refuses",
  LG553: "what the device answers is no answer",
  LG601: "a configuration could not be kept",
  LG602: "no such configuration is kept",
  LG603: "a kept configuration would not be taken now",
  LG604: "kept configurations cannot be read or put back",
  LG610: "the state belongs to another machine",
  LG611: "the backup cannot be made",
  LG612: "the backup cannot be read",
  LG613: "the passphrase is wrong",
  LG614: "a later version made the backup",
  LG615: "something is where the backup would go",
  LG616: "the backup was made on another machine",
  LG617: "a gateway has the state open",
  LG660: "another process has the state open",
  LG661: "a later version wrote the state",
  LG662: "an earlier version wrote the state",
  LG663: "the state cannot be written",
  LG664: "a file of the state is damaged",
  LG665: "the store failed",
  LG666: "the store is closed",
  LG701: "no gateway is running",
  LG702: "the API has no such path",
  LG703: "the path of the API takes another method",
  LG704: "the body of the request is no JSON, or too long",
  LG705: "a parameter of the request makes no sense",
  LG706: "the token is missing or wrong",
  LG707: "the HTTP door cannot be opened",
  LG708: "the request comes from elsewhere, or by another name",
  LG741: "another gateway is running",
  LG742: "the gateway may not be asked",
  LG743: "the gateway does not answer",
  LG744: "the admin socket cannot be opened",
  LG745: "the gateway does not take what was asked",
  LG746: "the gateway is of another version than the command",
  LG710: "there is nothing at the path",
  LG711: "the path does not take this operation",
  LG712: "the value, or the request, is not what the path takes",
  LG713: "the device did not do it",
  LG751: "the configuration was not reloaded",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
