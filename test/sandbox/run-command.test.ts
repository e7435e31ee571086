import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { inGuest } from '../../src/sandbox/guest/script.js'
import { DrillGround, rule } from './drill-ground.js'
import { quick, Running, refusal } from './running.js'

let running: Running
const ground = new DrillGround(() => running)
const group = 'demo-rg'
beforeAll(async () => {
  running = await Running.start({ speed: 200 })
  running.sandbox.world.advance(60_000)
})
afterEach(() => running.sandbox.faults.clear())
afterAll(() => running.end())

async function run(name: string, script: string[], commandId = 'RunShellScript') {
  const { value = [] } = await running.compute.virtualMachines.runCommand(group, name, { commandId, script }, quick)
  return value
}
const said = async (name: string, ...script: string[]) => (await run(name, script))[0]?.message

describe('Run Command', () => {
  it('gives back what the script printed, on both streams, and calls a failing script a success', async () => {
    expect(await run('web-1', ['echo out', 'echo err >&2', 'exit 7'])).toEqual([
      {
        code: 'ProvisioningState/succeeded',
        level: 'Info',
        displayStatus: 'Provisioning succeeded',
        message: 'Enable succeeded: \n[stdout]\nout\n\n[stderr]\nerr\n',
      },
    ])
  })

  it('reads the banner of the guest’s own SSH server', async () => {
    const script = "timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/22; head -n1 <&3'"
    expect(await said('web-1', script)).toContain('SSH-2.0-OpenSSH')
    expect(await said('web-1', 'curl -sS -o /dev/null -w "%{http_code}" http://localhost:8080/health')).toContain('200')
  })

  it('starts in an empty folder, with nothing of the environment of who asks', async () => {
    process.env['AZLIN_SECRET_OF_TEST'] = 'visible'
    const text = await said('web-1', 'ls -A | wc -l', 'env')
    delete process.env['AZLIN_SECRET_OF_TEST']
    expect(text).toMatch(/\[stdout\]\n\s*0\n/)
    expect(text).not.toContain('AZLIN')
  })

  it('keeps the last 4096 bytes', async () => {
    const text = await said('web-1', 'i=0; while [ $i -lt 1000 ]; do echo "line $i"; i=$((i+1)); done')
    expect(text).toContain('line 999')
    expect(text).not.toContain('line 1\n')
    expect(Buffer.byteLength((text ?? '').replace('Enable succeeded: \n[stdout]\n', ''))).toBe(4096)
  })

  it('hands parameters on', async () => {
    const body = {
      commandId: 'RunShellScript',
      script: ['echo "$word $1"'],
      parameters: [{ name: 'word', value: 'yes' }],
    }
    const { value } = await running.compute.virtualMachines.runCommand(group, 'web-1', body, quick)
    expect(value?.[0]?.message).toContain('yes yes')
  })

  it('runs one script at a time on a machine', async () => {
    const first = run('db-1', ['sleep 0.3'])
    await running.raw('GET', ground.machine('db-1'))
    expect(await refusal(run('db-1', ['true']))).toMatchObject({ statusCode: 409, code: 'Conflict' })
    expect(await said('tl-1', 'echo other')).toContain('other')
    await first
    expect(await said('db-1', 'echo again')).toContain('again')
  })

  it('has two entries for PowerShell', async () => {
    const entries = await run('web-1', ['Write-Output hi'], 'RunPowerShellScript')
    expect(entries.map(({ code }) => code)).toEqual([
      'ComponentStatus/StdOut/succeeded',
      'ComponentStatus/StdErr/succeeded',
    ])
  })

  it('waits for the agent, and never ends well without one', async () => {
    await running.compute.virtualMachines.deallocate(group, 'tl-1', quick)
    running.sandbox.faults.add({ kind: 'noAgent', path: '/tl-1$' })
    await running.compute.virtualMachines.start(group, 'tl-1', quick)
    const failing = refusal(run('tl-1', ['echo never']))
    await running.raw('GET', ground.machine('tl-1'))
    running.sandbox.world.advance(60_000)
    expect((await failing).message).toContain('VMExtensionProvisioningTimeout')
  })

  const azureOut = rule('azure', 100, {
    direction: 'Outbound',
    destinationAddressPrefix: 'AzureCloud',
    destinationPortRange: '443',
  })
  const denyOut = rule('deny', 4096, {
    direction: 'Outbound',
    access: 'Deny',
    protocol: '*',
    destinationPortRange: '*',
  })
  it.each([
    ['closed by the security group', { rules: [denyOut] }, false],
    ['open to Azure alone', { rules: [azureOut, denyOut] }, true],
    [
      'open to Azure alone, in a subnet without a way out of its own',
      { rules: [azureOut, denyOut], subnet: { defaultOutboundAccess: false } },
      false,
    ],
    [
      'open to Azure alone, with the short way to its storage',
      {
        rules: [azureOut, denyOut],
        subnet: { defaultOutboundAccess: false, serviceEndpoints: [{ service: 'Microsoft.Storage' }] },
      },
      true,
    ],
    [
      'with a public address as the way out',
      { rules: [azureOut, denyOut], subnet: { defaultOutboundAccess: false }, publicAddress: true },
      true,
    ],
  ])('hands over its result when 443 is %s: %#', async (name, options, answers) => {
    const machine = name.replaceAll(/[ ,]+/g, '-')
    await ground.boot({ name: machine, ...options })
    const asked = run(machine, ['echo through']).then(
      (value) => value[0]?.message,
      (error: Error) => error.message,
    )
    await running.raw('GET', ground.machine(machine))
    if (!answers) running.sandbox.world.advance(60_000)
    expect(await asked).toContain(answers ? 'through' : 'VMExtensionProvisioningTimeout')
  })
})

describe('a script in a guest', () => {
  it('finds the guest where it looks for itself', () => {
    const text =
      'nc 127.0.0.1 22; ("127.0.0.1", 22); /dev/tcp/127.0.0.1/22; http://localhost:8080/; localhost:22; 127.0.0.1:2200'
    expect(inGuest({ text, address: '127.70.1.2', sshPort: 40022 })).toBe(
      'nc 127.70.1.2 40022; ("127.70.1.2", 40022); /dev/tcp/127.70.1.2/40022; http://127.70.1.2:8080/; 127.70.1.2:40022; 127.70.1.2:2200',
    )
  })
})

describe('a sandbox that runs no scripts', () => {
  it('says so', async () => {
    const other = await Running.start({ speed: 2000, runCommand: false })
    try {
      other.sandbox.world.advance(60_000)
      const body = { commandId: 'RunShellScript', script: ['echo hi'] }
      const { value } = await other.compute.virtualMachines.runCommand(group, 'web-1', body, quick)
      expect(value?.[0]?.message).toContain('not run')
      expect(value?.[0]?.message).not.toContain('hi\n')
    } finally {
      await other.end()
    }
  })
})
