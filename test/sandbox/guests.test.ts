/** Guests that boot, or do not: agent, console, SSH, and who gets through to them. */
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import ssh2 from 'ssh2'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { guestAddress } from '../../src/sandbox/guest/addresses.js'
import type { ImageTrouble } from '../../src/sandbox/image/content.js'
import { DrillGround, rule, sshFrom } from './drill-ground.js'
import { Running } from './running.js'

let running: Running
let control: SandboxControl
const ground = new DrillGround(() => running)
beforeAll(async () => {
  // Slow: only what the tests advance goes on.
  running = await Running.start({ speed: 1 })
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
  // What the tests ask for in a moment is more than Azure takes in one.
  await control.addFault({ kind: 'throttle', bucket: '.*', capacity: 100_000, perMinute: 100_000 })
})
afterEach(async () => {
  for (const { id, kind } of await control.faults()) if (kind !== 'throttle') await control.clearFaults(id)
})
afterAll(() => running.end())

const port = () => control.connection.sshPort

/** The first line that is said there, or why nothing is. */
function greeting(host: string, at = port()): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: at, timeout: 2000 })
    socket.once('data', (data) => {
      resolve(data.toString('latin1').split('\r\n')[0] ?? '')
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve('closed'))
    socket.once('timeout', () => {
      resolve('silent')
      socket.destroy()
    })
  })
}

/** Listeners follow a moment after what they depend on. */
async function settled(host: string, wanted: RegExp): Promise<string> {
  let said = await greeting(host)
  for (let tries = 0; tries < 40 && !wanted.test(said); tries++) {
    await sleep(25)
    said = await greeting(host)
  }
  return said
}

/** Logs in and runs a command: what it printed, with its exit code. */
function login(host: string, username: string, privateKey: string, command = 'true'): Promise<[string, number]> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    client.once('error', reject)
    client.once('ready', () => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error)
        let [out, code] = ['', -1]
        channel.on('data', (chunk: Buffer) => {
          out += chunk.toString()
        })
        channel.on('exit', (exit: number) => {
          code = exit
        })
        channel.on('close', () => {
          client.end()
          resolve([out, code])
        })
      })
    })
    client.connect({ host, port: port(), username, privateKey, readyTimeout: 5000 })
  })
}

describe('a machine that is made from a disk', () => {
  it('starts, runs, and later its agent reports with a time after the start, and its console wants a login', async () => {
    await ground.nic({ name: 'stages' })
    expect((await ground.askForMachine({ name: 'stages' })).status).toBe(201)
    expect((await ground.view('stages')).power).toEqual(['PowerState/starting'])
    ground.advance(46)
    const started = running.sandbox.world.now()
    expect(await ground.view('stages')).toMatchObject({ power: ['PowerState/running'], agent: 'Not Ready' })
    expect(await ground.console('stages')).not.toContain('login:')
    ground.advance(30)
    const { agent, time } = await ground.view('stages')
    expect(agent).toBe('Ready')
    expect(new Date(time ?? '') > started).toBe(true)
    expect((await ground.console('stages'))?.split('\r\n').at(-1)).toBe('stages login: ')
  })

  it.each<[ImageTrouble, RegExp]>([
    ['zeroed', /No bootable option or device was found\.$/],
    ['corrupt-filesystem', /Kernel panic - not syncing: VFS: Unable to mount root fs/],
    ['corrupt-boot-partition', /No bootable option/],
  ])('does not come up when it is %s, and its console says why', async (trouble, last) => {
    await control.addFault({ kind: 'content', trouble, path: `/disks/${trouble}-os$` })
    await ground.boot({ name: trouble })
    ground.advance(3600)
    expect(await ground.view(trouble)).toMatchObject({ power: ['PowerState/running'], agent: 'Not Ready' })
    expect(await ground.console(trouble)).toMatch(last)
    expect(
      await greeting(
        guestAddress(running.sandbox.world.secret, ground.id(`Microsoft.Compute/virtualMachines/${trouble}`)),
      ),
    ).toBe('ECONNREFUSED')
  })

  it('does not come up when a fault says so, in the words of the fault', async () => {
    await control.addFault({ kind: 'noGuest', message: 'Kernel panic - not syncing: no luck', path: '/unlucky$' })
    await ground.boot({ name: 'unlucky' })
    ground.advance(3600)
    expect(await ground.view('unlucky')).toMatchObject({ power: ['PowerState/running'], agent: 'Not Ready' })
    expect(await ground.console('unlucky')).toMatch(/no luck$/)
  })

  it('has a console only where boot diagnostics are on, by a link that ends', async () => {
    await ground.boot({ name: 'mute', properties: { diagnosticsProfile: undefined } })
    expect(await ground.console('mute')).toBeUndefined()
    const { body } = await running.raw('POST', ground.machine('web-1', '/retrieveBootDiagnosticsData'))
    const url = String(body['serialConsoleLogBlobUri'])
    expect((await running.raw('GET', url)).status).toBe(200)
    expect((await running.raw('GET', url.replace('web-1', 'db-1'))).status).toBe(403)
    ground.advance(121 * 60)
    expect((await running.raw('GET', url)).status).toBe(403)
  })
})

describe('SSH to a machine', () => {
  it('is answered at its public address, for those that its security group lets in', async () => {
    await ground.boot({ name: 'open', publicAddress: true, rules: [sshFrom('127.0.0.1/32')] })
    const address = await ground.address('open')
    expect(address).toMatch(/^127\./)
    expect(await settled(address, /^SSH/)).toMatch(/^SSH-2\.0-OpenSSH/)
    const { sshKeyFile } = control.connection
    expect(statSync(sshKeyFile).mode & 0o777).toBe(0o600)
    expect(await control.status()).toMatchObject({ sshKeyFile, sshPort: port() })
    const key = readFileSync(sshKeyFile, 'utf8')
    expect(await login(address, 'azureuser', key)).toEqual(['', 0])
    expect(await login(address, 'azureuser', key, 'echo here; exit 3')).toEqual(['here\n', 3])
    await expect(login(address, 'root', key)).rejects.toThrow('authentication')
    const other = ssh2.utils.generateKeyPairSync('ed25519').private
    await expect(login(address, 'azureuser', other)).rejects.toThrow('authentication')
    await ground.must('POST', ground.machine('open', '/powerOff'))
    expect(await settled(address, /REFUSED/)).toBe('ECONNREFUSED')
  })

  it('satisfies the client of OpenSSH', async () => {
    if (spawnSync('ssh', ['-V']).error) return console.info('Skipped: there is no ssh here.')
    await ground.boot({ name: 'plain', publicAddress: true, rules: [sshFrom('Internet')] })
    const address = await ground.address('plain')
    await settled(address, /^SSH/)
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'ConnectTimeout=5']
    const { sshKeyFile } = control.connection
    const where = ['-F', 'none', '-i', sshKeyFile, '-p', String(port()), `azureuser@${address}`]
    const asked = promisify(execFile)('ssh', [
      ...options.flatMap((option) => ['-o', option]),
      ...where,
      'cat; echo $((6 * 7))',
    ])
    asked.child.stdin?.end()
    expect((await asked).stdout).toBe('42\n')
    return undefined
  })

  it.each([
    ['no rule lets it in', [sshFrom('203.0.113.0/24')]],
    ['a rule before denies it', [rule('no', 100, { access: 'Deny' }), rule('ssh', 200, {})]],
    ['another port is let in', [rule('web', 100, { destinationPortRange: '80-443' })]],
    ['there is no security group', undefined],
  ])('is not answered when %s', async (_why, rules) => {
    const name = `shut-${rules?.length ?? 'none'}-${JSON.stringify(rules ?? '').length}`
    await ground.boot({ name, publicAddress: true, ...(rules && { rules }) })
    await sleep(50)
    expect(await greeting(await ground.address(name))).toBe('ECONNREFUSED')
  })

  it('is answered again when a rule is added, at a port range, by a service tag', async () => {
    await ground.boot({ name: 'later', publicAddress: true, rules: [] })
    const address = await ground.address('later')
    expect(await greeting(address)).toBe('ECONNREFUSED')
    const path = `${ground.id('Microsoft.Network/networkSecurityGroups/later-nsg')}/securityRules/in?api-version=2025-05-01`
    await ground.must('PUT', path, rule('in', 100, { sourceAddressPrefix: 'Internet', destinationPortRange: '20-30' }))
    expect(await settled(address, /^SSH/)).toMatch(/^SSH/)
  })

  it('is answered at a private address in a network of loopback addresses', async () => {
    await ground.boot({ name: 'near', prefix: '127.9.8.0/24' })
    expect(await settled('127.9.8.4', /^SSH/)).toMatch(/^SSH/)
  })

  it('is not answered while the region is down', async () => {
    await ground.boot({ name: 'dark', publicAddress: true, rules: [sshFrom('*')] })
    const address = await ground.address('dark')
    expect(await settled(address, /^SSH/)).toMatch(/^SSH/)
    const { id } = await control.addFault({ kind: 'regionDown', region: 'westus2' })
    expect(await settled(address, /REFUSED/)).toBe('ECONNREFUSED')
    await control.clearFaults(id)
    expect(await settled(address, /^SSH/)).toMatch(/^SSH/)
  })

  it.each([
    ['refused', 'ECONNREFUSED'],
    ['closed', 'closed'],
    ['silent', 'silent'],
    ['banner', '220 smtp.example.com ESMTP ready'],
  ] as const)('can be %s', async (how, said) => {
    await control.addFault({ kind: 'noSsh', how, path: `/${how}$` })
    await ground.boot({ name: how, publicAddress: true, rules: [sshFrom('*')] })
    await sleep(50)
    expect(await greeting(await ground.address(how))).toBe(said)
  })

  it('can fail at the keys', async () => {
    await control.addFault({ kind: 'noSsh', how: 'kex', path: '/keys$' })
    await ground.boot({ name: 'keys', publicAddress: true, rules: [sshFrom('*')] })
    const address = await ground.address('keys')
    expect(await settled(address, /^SSH/)).toMatch(/^SSH/)
    await expect(login(address, 'azureuser', readFileSync(control.connection.sshKeyFile, 'utf8'))).rejects.toThrow()
  })
})

describe('the web server of a guest', () => {
  it('answers on loopback, 200 for its health', async () => {
    const host = guestAddress(running.sandbox.world.secret, ground.id('Microsoft.Compute/virtualMachines/web-1'))
    const status = (path: string) =>
      new Promise((resolve, reject) => {
        get({ host, port: 8080, path }, (answer) => resolve(answer.resume().statusCode)).once('error', reject)
      })
    ground.advance(60)
    await settled(host, /^SSH/)
    expect([await status('/health'), await status('/')]).toEqual([200, 404])
  })
})
