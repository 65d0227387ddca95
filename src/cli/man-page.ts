/** `man lwm2m-gateway`, in the macros of man(7): made of the tables of the subcommands, and of what is written here. */
import type { OptionHelp } from "./command.ts";
import type { NamedCommand } from "./commands.ts";

export function manPage(commands: readonly NamedCommand[], version: string): string {
  return [
    '.\\" Made by scripts/make-man.mjs.',
    `.TH LWM2M-GATEWAY 1 "" "lwm2m-gateway ${version}" "User Commands"`,
    BEFORE,
    ".SH SUBCOMMANDS",
    ...commands.flatMap(sectionOf),
    AFTER,
  ].join("\n");
}

function sectionOf({ command }: NamedCommand): readonly string[] {
  const options = Object.entries(command.options);
  return [
    `.SS ${text(command.name)}`,
    `.B lwm2m-gateway ${text(command.name)}`,
    `.RI "${text([command.positionals ?? "", options.length === 0 ? "" : "[options]"].filter(Boolean).join(" "))}"`,
    ".PP",
    line(command.summary),
    ...options.flatMap(([name, option]) => optionOf(name, option)),
  ];
}

function optionOf(name: string, { short, value, help, default: preset }: OptionHelp): readonly string[] {
  const flags = [...(short === undefined ? [] : [`\\-${short}`]), `\\-\\-${text(name)}`];
  const named = flags.map((flag) => `\\fB${flag}\\fR`).join(", ");
  return [
    ".TP",
    value === undefined ? named : `${named} \\fI${text(value)}\\fR`,
    line(preset === undefined ? help : `${help} (default: ${preset})`),
  ];
}

/** Hyphens that are typed stay what they are, and nothing is taken for a macro. */
function text(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll('"', "\\(dq")
    .replace(/[^\0-\x7f]/gu, (letter) => `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`);
}

function line(words: string): string {
  return text(words).replace(/^(?=[.'])/, "\\&");
}

const BEFORE = String.raw`.SH NAME
lwm2m\-gateway \- shows Modbus, serial, MQTT and Bluetooth devices to LwM2M Servers
.SH SYNOPSIS
.B lwm2m\-gateway
.I SUBCOMMAND
.RI [ options ]
.PP
.B lwm2m\-gateway
.IR SUBCOMMAND " \-\-help | \-\-version"
.SH DESCRIPTION
.B lwm2m\-gateway
talks to devices that know nothing of LwM2M, and registers as an LwM2M 1.2 client at one or several servers, where each device is
an object tree under a prefix of its own (object 25).
.B lwm2m\-gateway run
is the daemon;
.B check
reads a configuration without running it;
.B status
and others ask the running gateway on a socket of its state directory;
.BR scan ,
.BR probe ,
.B sniff
and
.B decode
are for the cabinet, and need no gateway.
.PP
A message ends with a code in brackets, e.g. [LG201];
.B lwm2m\-gateway explain LG201
tells what it means and what to do.`;

const AFTER = String.raw`.SH EXIT STATUS
.TP
.B 0
It is done, or ended because it was asked to.
.TP
.B 1
Something outside is in the way: no gateway to ask, a port that is taken, a device that does not answer.
.TP
.B 2
The command line or the files are wrong; nothing was started.
.PP
With
.B \-\-json
an error is a JSON text on standard output: {"error": {"code", "message", "next"}}.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
The daemon ends in order: it de\-registers, and keeps what servers do not have yet. A second one ends it at once.
.TP
.B SIGHUP
The daemon reads its configuration again: all of it is checked first, and devices that did not change are not disturbed.
.SH ENVIRONMENT
.TP
.B CREDENTIALS_DIRECTORY
Where systemd puts the secrets of the service: \fB!secret\fR finds them there.
.TP
.B NOTIFY_SOCKET
Where systemd is told that the gateway is ready.
.SH FILES
.TP
.I /etc/lwm2m\-gateway/config.yaml
The configuration, where none is named and there is no \fIconfig.yaml\fR in the current folder.
.TP
.I /etc/lwm2m\-gateway/devices.d/*.yaml
Further devices.
.TP
.I /etc/lwm2m\-gateway/mappings/*.yaml
Device types of one's own, beside those of the package.
.TP
.I /var/lib/lwm2m\-gateway
The state of the service: prefixes, what servers observe, what they do not have yet, and the socket \fIadmin.sock\fR.
.SH EXAMPLES
.TP
.B lwm2m\-gateway check \-c config.yaml
Is the configuration right, and what does it cost on the wires?
.TP
.B lwm2m\-gateway scan modbus \-\-port /dev/ttyUSB0 \-\-line 9600\-8N1
Who answers on this bus?
.TP
.B sudo lwm2m\-gateway status \-\-values
How is the running gateway, and what do its devices say?
.TP
.B lwm2m\-gateway sim eastron\-sdm630 \-\-unit 5 \-\-port 1502
Plays a meter, for trying.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1),
and the folder \fIdocs\fR of the package.
`;
