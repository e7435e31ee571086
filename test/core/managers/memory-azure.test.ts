import { bench } from '../support/bench.js'
import { portsContract } from '../support/ports-contract.js'

portsContract('Azure in memory', async () => {
  const { azure } = bench()
  const machine = azure.addMachine('db-1', 1, { tags: { owner: 'ops' } })
  return { azure: azure.ports, resourceGroup: 'rg', machine }
})
