/**
 * Has the root certificates read on a second thread while azlin loads. Node.js reads them once in a process, when it
 * makes its first TLS connection, and that takes a fifth of the time of a short command; all threads share them.
 */
const { availableParallelism } = require('node:os')
const { Worker } = require('node:worker_threads')

const reading = "require('node:tls').createSecureContext()"

/** Never fails: without it the certificates are read when they are needed. */
exports.readRootCertificates = () => {
  if (availableParallelism() < 2) return
  const worker = new Worker(reading, { eval: true, execArgv: [], env: {}, trackUnmanagedFds: false })
  worker.on('error', () => {})
  worker.unref()
}
