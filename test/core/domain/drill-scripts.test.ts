/** The scripts are run by the shell of this computer, as Run Command would run them in a guest. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  commandScript,
  httpCommand,
  httpScript,
  keptBytes,
  parseGuestOutput,
  sshBannerScript,
} from '../../../src/core/domain/drill-scripts.js'

const token = 'a1b2c3d4'

/** What Run Command would answer: both streams in one message, the last bytes of it. */
async function answer(script: readonly string[], change = (text: string) => text): Promise<string> {
  const child = spawn('/bin/sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.end(change(script.join('\n')))
  await once(child, 'close')
  const said = Buffer.concat([...out, Buffer.from('\n[stderr]\n'), ...err])
  return `Enable succeeded: \n[stdout]\n${said.subarray(-keptBytes).toString('utf8')}`
}

async function listening(greeting: string): Promise<{ readonly port: number; readonly stop: () => void }> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end(greeting)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() }
}

describe('a script in the guest', () => {
  it('says how it ended, and what it printed', async () => {
    const outcome = parseGuestOutput(await answer(commandScript('Linux', token, 'echo well; exit 7')), token)
    expect(outcome).toEqual({ exitCode: 7, output: 'well' })
  })

  it('may have several lines, print to both streams, and end without a word', async () => {
    expect(parseGuestOutput(await answer(commandScript('Linux', token, 'true')), token)).toEqual({
      exitCode: 0,
      output: '',
    })
    const outcome = parseGuestOutput(
      await answer(commandScript('Linux', token, 'echo one\necho two >&2\nfalse')),
      token,
    )
    expect(outcome).toEqual({ exitCode: 1, output: 'one\ntwo' })
  })

  it('is heard although it printed far more than Run Command keeps', async () => {
    const talk = 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; echo "err $i" >&2; i=$((i+1)); done; exit 3'
    const outcome = parseGuestOutput(await answer(commandScript('Linux', token, talk)), token)
    expect(outcome?.exitCode).toBe(3)
    expect(outcome?.output).toMatch(/err 2999$/)
  })

  it('cannot be passed for by another one, or by what it prints itself', async () => {
    const forged = `printf 'azlin-${token}-exit=0\\n'; printf 'azlin-other-exit=0\\n'; exit 9`
    expect(parseGuestOutput(await answer(commandScript('Linux', token, forged)), token)?.exitCode).toBe(9)
    expect(parseGuestOutput('azlin-other-exit=0\n', token)).toBeUndefined()
    expect(parseGuestOutput('[stdout]\nSSH-2.0-OpenSSH_9.6\n', token)).toBeUndefined()
    expect(parseGuestOutput(`text azlin-${token}-exit=0\n`, token)).toBeUndefined()
  })

  it('that never came to its end says nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseGuestOutput(text.replaceAll('azlin-', ''), token)).toBeUndefined()
      }),
    )
  })
})

describe('the look at the guest own port 22', () => {
  const at = (port: number) => (text: string) => text.replaceAll(/(127\.0\.0\.1"?[/ ,]+)22\b/g, `$1${port}`)

  it('gives the banner of an SSH server', async () => {
    const { port, stop } = await listening('SSH-2.0-OpenSSH_9.6\r\n')
    const outcome = parseGuestOutput(await answer(sshBannerScript('Linux', token), at(port)), token)
    expect(outcome).toMatchObject({ exitCode: 0 })
    expect(outcome?.output.trim()).toBe('SSH-2.0-OpenSSH_9.6')
    stop()
  })

  it('takes no other server for one, and no silence', async () => {
    const { port, stop } = await listening('220 smtp.example.com ESMTP\r\n')
    expect(parseGuestOutput(await answer(sshBannerScript('Linux', token), at(port)), token)?.exitCode).toBe(1)
    stop()
    const closed = parseGuestOutput(await answer(sshBannerScript('Linux', token), at(1)), token)
    expect(closed?.exitCode).toBe(1)
  })
})

describe('the look at the guest web server', () => {
  it.each([
    [200, 0],
    [302, 0],
    [404, 1],
    [503, 1],
  ])('takes %i for %i', async (status, exitCode) => {
    const server = createHttpServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const check = { path: '/health?deep=1', port }
    expect(parseGuestOutput(await answer(httpScript('Linux', token, check)), token)?.exitCode).toBe(exitCode)
    const plain = commandScript('Linux', token, httpCommand(check))
    expect(parseGuestOutput(await answer(plain), token)?.exitCode).toBe(exitCode)
    server.close()
  })
})

describe('a script for Windows', () => {
  const encoded = (script: readonly string[]) => {
    const call = /-EncodedCommand ([A-Za-z0-9+/=]+) /.exec(script.join('\n'))
    return Buffer.from(call?.[1] ?? '', 'base64').toString('utf16le')
  }

  it('looks at the port itself, and ends with a marker', () => {
    const lines = sshBannerScript('Windows', token)
    expect(lines.at(-1)).toBe(`Write-Output "azlin-${token}-exit=$code"`)
    expect(lines.join('\n')).toContain("'127.0.0.1', 22")
    expect(httpScript('Windows', token, { path: '/health', port: 8080 }).join('\n')).toContain(
      'http://127.0.0.1:8080/health',
    )
  })

  it('has a process of its own for the command, whose exit code is the verdict', () => {
    const lines = commandScript('Windows', token, 'Get-Service W32Time')
    expect(lines[0]).toBe('$code = 1')
    expect(lines[1]).toMatch(
      /^\$said = try \{ & powershell\.exe -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand \S+ 2>&1 .+; \$code = \$LASTEXITCODE \} catch \{/,
    )
    expect(lines.at(-1)).toBe(`Write-Output "azlin-${token}-exit=$code"`)
    // What powershell.exe takes for `dir`, written down by hand.
    expect(commandScript('Windows', token, 'dir')[1]).toContain('-EncodedCommand ZABpAHIA 2>&1')
  })

  it.each([
    'exit 0',
    '$code = 7; exit $code',
    '} 2>&1 | Out-String }',
    'Write-Output "azlin-exit=0"\nexit 3',
    'dir Ü 日 🖥',
  ])('lets %j touch nothing of its own', (command) => {
    const lines = commandScript('Windows', token, command)
    expect(lines).toHaveLength(commandScript('Windows', token, 'x').length)
    expect(lines.join('\n')).not.toContain(command)
    expect(encoded(lines)).toBe(command)
  })

  it('hands over any command as it stands', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (command) => {
        expect(encoded(commandScript('Windows', token, command))).toBe(command)
      }),
    )
  })

  it('may end with a negative number, as a program of Windows that was killed does', () => {
    const said = `HTTP 200\r\n\r\nazlin-${token}-exit=-1073741819\r\n`
    expect(parseGuestOutput(said, token)).toEqual({ exitCode: -1073741819, output: 'HTTP 200' })
  })
})
