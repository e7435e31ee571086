/**
 * Has the root certificates read on a second thread while azlin loads. Node.js 20 reads them once in a process, when it
 * makes its first TLS connection, and that takes a fifth of the time of a short command; all threads share them.
 *
 * Not where a thread costs more than it saves: newer versions read them in less time than a thread takes to start, and
 * where NODE_EXTRA_CA_CERTS is set, Node.js 20 has read them before it runs anything.
 */
const { availableParallelism } = require('node:os')

const reading = "require('node:tls').createSecureContext()"

/** Never fails: without it the certificates are read when they are needed. */
exports.readRootCertificates = () => {
  if (availableParallelism() < 2 || process.env.NODE_EXTRA_CA_CERTS || majorVersion() > 20) return
  const { Worker } = require('node:worker_threads')
  const worker = new Worker(reading, { eval: true, execArgv: [], env: {}, trackUnmanagedFds: false })
  worker.on('error', () => {})
  worker.unref()
}

const majorVersion = () => Number(process.versions.node.split('.')[0])
