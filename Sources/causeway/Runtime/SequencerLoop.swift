import FixedContainers
import Hardware
import Sequencing

/// The sequencer's thread: polls until told to stop, then writes the checkpoint.
struct SequencerLoop: ~Copyable, Sendable {
  var sequencer: Sequencer
  let signals: RuntimeSignals
  let report: SequencerReport
  var idle: IdleStrategy
  let isSealed: Bool

  consuming func run() {
    if isSealed { report.sealFailure = PinnedThread.sealCurrent() }
    while !signals.isHalted {
      let count = sequencer.poll()
      if count > 0 { signals.sequenced.store(sequencer.nextSequence &- 1) }
      if count == 0 && signals.ingressDone.load() != 0 && sequencer.isDrained { break }
      idle.idle(workCount: count)
    }
    if !signals.isHalted { sequencer.sequenceCheckpoint() }
    report.record(sequencer)
    signals.sequenced.store(sequencer.nextSequence &- 1)
    signals.sequencerDone.store(1)
    if isSealed && report.sealFailure == 0 { PinnedThread.endSealed() }
  }
}
