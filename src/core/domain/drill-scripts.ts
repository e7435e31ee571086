/**
 * Looking at a guest from inside, through Run Command: it keeps the last 4096 bytes of what a script printed and
 * calls every script that ran a success. So each says how it ended in a last line that nothing else can print.
 */
import type { HttpCheck } from './drill-input.js'
import type { OsType } from './machine.js'

/** Bytes that Run Command keeps. */
export const keptBytes = 4096
/** Of what the check itself prints, so that the marker, which comes last, is never pushed out. */
const mostOutput = 3000

export interface GuestOutcome {
  readonly exitCode: number
  readonly output: string
}

/** Prints the greeting of the guest's own SSH server; ends with 0 only if there was one. */
export function sshBannerScript(os: OsType, token: string): readonly string[] {
  if (os === 'Windows')
    return inPowerShell(token, [
      '$client = New-Object Net.Sockets.TcpClient',
      "if (-not $client.ConnectAsync('127.0.0.1', 22).Wait(10000)) { throw 'port 22 does not answer' }",
      '$client.ReceiveTimeout = 10000',
      '$line = (New-Object IO.StreamReader($client.GetStream())).ReadLine()',
      'Write-Output $line',
      "if ($line -notlike 'SSH-*') { $code = 1 }",
    ])
  return inShell(token, [
    'if command -v bash >/dev/null 2>&1; then',
    '  line=$(timeout 10 bash -c \'exec 3<>/dev/tcp/127.0.0.1/22 && IFS= read -r line <&3 && printf %s "$line"\')',
    'elif command -v nc >/dev/null 2>&1; then',
    '  line=$(nc -w 10 127.0.0.1 22 </dev/null | head -n 1)',
    'else',
    '  line=$(python3 -c \'import socket; print(socket.create_connection(("127.0.0.1", 22), 10).recv(255).decode())\')',
    'fi',
    'printf \'%s\\n\' "$line"',
    'case "$line" in SSH-*) exit 0 ;; *) exit 1 ;; esac',
  ])
}

/** Ends with 0 for an answer of 200 to 399. */
export function httpScript(os: OsType, token: string, check: HttpCheck): readonly string[] {
  if (os === 'Windows') {
    const url = `http://127.0.0.1:${check.port}${check.path}`
    return inPowerShell(token, [
      `$answer = Invoke-WebRequest -UseBasicParsing -TimeoutSec 20 -Uri '${url}'`,
      'Write-Output "HTTP $([int]$answer.StatusCode)"',
    ])
  }
  return inShell(token, httpCommand(check).split('\n'))
}

/** The same as one command of a POSIX shell. The path holds no quote: `validHttpCheck`. */
export function httpCommand({ path, port }: HttpCheck): string {
  const url = `'http://127.0.0.1:${port}${path}'`
  return [
    'if command -v curl >/dev/null 2>&1; then',
    `  status=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 20 ${url}) || exit 1`,
    '  echo "HTTP $status"',
    '  case "$status" in 2??|3??) exit 0 ;; *) exit 1 ;; esac',
    'fi',
    `wget -q -O /dev/null -T 20 ${url} && echo 'HTTP 200'`,
  ].join('\n')
}

/** The user's own command, as it stands. */
export function commandScript(os: OsType, token: string, command: string): readonly string[] {
  return os === 'Windows' ? inChildPowerShell(token, command) : inShell(token, command.split('\n'))
}

/**
 * The last marker of this very script in what Run Command kept; undefined when there is none: then nobody can say how
 * it ended. A script that prints a marker of another token, or of an earlier run, does not pass for this one.
 */
export function parseGuestOutput(text: string, token: string): GuestOutcome | undefined {
  const kept = text.slice(-keptBytes)
  const marks = [...kept.matchAll(new RegExp(`^${markerOf(token)}(-?\\d{1,10})\\s*$`, 'gm'))]
  const last = marks.at(-1)
  if (!last) return undefined
  const before = kept.slice(0, last.index)
  // Linux puts both streams into one message, behind headings of its own.
  const output = before.replace(/^.*?\[stdout\]\r?\n/s, '').trim()
  return { exitCode: Number(last[1]), output }
}

function markerOf(token: string): string {
  return `azlin-${token}-exit=`
}

/** In a shell of its own, so that an `exit` in it ends only the check. */
function inShell(token: string, lines: readonly string[]): readonly string[] {
  return [
    'azlin_out=$(mktemp)',
    '(',
    ...lines,
    ') >"$azlin_out" 2>&1 </dev/null',
    'azlin_code=$?',
    `tail -c ${mostOutput} "$azlin_out"`,
    'rm -f "$azlin_out"',
    `printf '\\n${markerOf(token)}%s\\n' "$azlin_code"`,
  ]
}

function inPowerShell(token: string, lines: readonly string[]): readonly string[] {
  return [
    '$code = 0',
    '$said = try { & {',
    ...lines.map((line) => line.replaceAll('$code =', '$script:code =')),
    '} 2>&1 | Out-String } catch { $code = 1; $_ | Out-String }',
    ...endOfPowerShell(token),
  ]
}

/**
 * In a process of its own: an `exit` in the command ends only that process, and none of its variables is seen here.
 * Without an `exit` of its own the process ends with 0 when the last command went well, and with 1 when it did not, be
 * it by an error or by whatever else than 0 a program ended with (about_PowerShell_exe, -Command, which -EncodedCommand
 * is a form of). Each line of its error stream comes as an error record here: only the text of it is wanted.
 */
function inChildPowerShell(token: string, command: string): readonly string[] {
  const child = `powershell.exe -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand ${encodedCommand(command)}`
  return [
    '$code = 1',
    `$said = try { & ${child} 2>&1 | ForEach-Object { "$_" } | Out-String; $code = $LASTEXITCODE } catch { $_ | Out-String }`,
    ...endOfPowerShell(token),
  ]
}

function endOfPowerShell(token: string): readonly string[] {
  return [
    `if ($said.Length -gt ${mostOutput}) { $said = $said.Substring($said.Length - ${mostOutput}) }`,
    'Write-Output $said',
    `Write-Output "${markerOf(token)}$code"`,
  ]
}

/** Base64 of UTF-16, the low byte first: no quoting can go wrong with it. */
function encodedCommand(command: string): string {
  const bytes = command.split('').map((unit) => {
    const code = unit.charCodeAt(0)
    return String.fromCharCode(code & 0xff, code >> 8)
  })
  return btoa(bytes.join(''))
}
