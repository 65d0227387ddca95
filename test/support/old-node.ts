/** For `--import`: the process that loads it believes that it is Node 20; its children are what they are. */
export const OLD_NODE =
  'data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })';
