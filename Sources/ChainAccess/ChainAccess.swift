// The base chain seen from the venue: what a client of a standard node needs, and no more.
//
// All calls block; every class is final and Sendable and may be used from several threads; whatever
// fails throws a `ChainError`, whose description is one line.
//
//   let client = try ChainClient(url: "http://127.0.0.1:8545", chainID: 31337)  // refuses others
//   client.blockNumber()                                   -> UInt64
//   client.block(.latest | .number(n) | .hash(h))          -> ChainBlock?
//   client.call(to: vault, data: […], at: .latest)         -> [UInt8]     (reverted → RevertReason)
//   client.logs(addresses:, topics:, from:, to:)           -> [ChainLog]
//   client.receipt(hash)                                   -> ChainReceipt?
//
//   let contract = try ContractArtifact.load("…/vault.json").at(address)
//   contract.call("deposit", [.uint(account), .uint(amount)])  -> TransactionCall
//   contract.read("accounts", [], with: client)                -> [ABIValue]
//   contract.event("Queued").fields(of: log)                   -> [String: ABIValue]
//
//   let sender = try TransactionSender(
//     client: client, key: KeyFile.read(path), file: "…/sender.json", policy: SenderPolicy())
//   try sender.submit("batch-17", call)          // stored, then sent; a name is sent only once,
//                                                // also over restarts; returns where it stands
//   try sender.step()                            // one look at the chain: confirms, repeats
//   try sender.wait("batch-17", seconds: 600)    -> ChainReceipt, K confirmations deep
//   try sender.submit("blob-17", call, sidecar: BlobSidecar(…))
//
//   let watcher = try EventWatcher(
//     client: client, addresses: [vault], from: block, confirmations: 12, file: "…/cursor.json")
//   let delivery = try watcher.next()            // logs in order, confirmed; the same until …
//   try watcher.acknowledge(delivery)            // … they are acknowledged: then never again
//
//   let contracts = try SettlementDeployment(…).run(sender, client)   // SETTLEMENT.md, section 6
//
//   SettlementDomain(chainID: 31337, contract: vault).sign(.batch(header: hash), with: key)
