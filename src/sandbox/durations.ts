/** How long things take in Azure, in seconds; measured from recorded conversations where there are some. */
export const seconds = {
  /** Disks and snapshots: about a second on the server. */
  disk: 1.5,
  snapshot: 1.5,
  diskDelete: 1,
  access: 0.2,
  /** Per GiB of the source when a snapshot travels to another region; the first one of a disk is a full copy. */
  copyPerGiB: 8,
  copyLeast: 120,
  /**
   * Until the data of a snapshot of a Premium SSD v2 or Ultra disk is there: 100 GB took 6 minutes
   * (kubernetes-sigs/azuredisk-csi-driver#1953), 1 GB took 8 (Azure/AKS#4555).
   */
  arrivalPerGiB: 3.6,
  arrivalLeast: 300,
  machineCreate: 45,
  machineUpdate: 15,
  machineDelete: 50,
  start: 35,
  restart: 22,
  powerOff: 20,
  deallocate: 50,
  runCommand: 25,
  /** After which Run Command gives up on a machine that never answers. */
  runCommandMost: 90 * 60,
  /** From running to the guest's services. */
  guest: 18,
  /** From running to the first report of the guest agent. */
  agent: 25,
} as const
