import type { TablePartition } from './partitions.js'

type Known = Pick<TablePartition, 'type' | 'role'>

const efi: Known = { type: 'EFI system', role: 'efi' }
const root: Known = { type: 'Linux root', role: 'file system' }

/** From the UEFI specification, Microsoft's documentation and the Discoverable Partitions Specification. */
const types: Readonly<Record<string, Known>> = {
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b': efi,
  '21686148-6449-6e6f-744e-656564454649': { type: 'BIOS boot', role: 'bios boot' },
  '0fc63daf-8483-4772-8e79-3d69d8477de4': { type: 'Linux filesystem', role: 'file system' },
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709': root,
  'b921b045-1df0-41c3-af44-4c6f280d3fae': root,
  'bc13c2ff-59e6-4262-a352-b275fd6f7172': { type: 'Linux boot', role: 'file system' },
  '933ac7e1-2eb4-4f13-b844-0e14e2aef915': { type: 'Linux home', role: 'file system' },
  '3b8f8425-20e0-4f3b-907f-1a25a76f98e8': { type: 'Linux server data', role: 'file system' },
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': { type: 'Microsoft basic data', role: 'file system' },
  'de94bba4-06d1-4d40-a16a-bfd50179d6ac': { type: 'Windows recovery', role: 'file system' },
  'e3c9e316-0b5c-4db8-817d-f92df00215ae': { type: 'Microsoft reserved', role: 'other' },
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f': { type: 'Linux swap', role: 'other' },
  'e6d6d379-f507-44c2-a23c-238f2a3df928': { type: 'Linux LVM', role: 'other' },
  'a19d880f-05fc-4d3b-a006-743f0f84911e': { type: 'Linux RAID', role: 'other' },
  'ca7d7ccb-63ed-4c53-861c-1742536059cc': { type: 'LUKS', role: 'other' },
  '9e1a2d38-c612-4316-aa26-8b49521e5a8b': { type: 'PowerPC PReP boot', role: 'other' },
}

export function gptPartitionType(guid: string): Known {
  return types[guid] ?? { type: guid, role: 'other' }
}
