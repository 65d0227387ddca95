/**
 * Stable codes of messages: each has a section in docs/errors.md, and keeps its meaning for good. By their first digit:
 * 1 the command line, 2 the configuration, 3 mappings, 4 servers, 5 links and devices, 6 state, history and backups,
 * 7 the running gateway and its API, 8 the machine and its service manager.
 */
export const ERROR_CODES = {
  LG101: "the command line is wrong",
  LG701: "no gateway is running",
  LG702: "the API has no such path",
  LG703: "the path of the API takes another method",
  LG704: "the body of the request is no JSON, or too long",
  LG705: "a parameter of the request makes no sense",
  LG751: "the configuration was not reloaded",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
