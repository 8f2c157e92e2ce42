// How RocksDB is set up: memory bounded over all families together, little to replay at a start.
internal import CRocksDB

/// The memory one database may use, whatever the number of its families.
public struct DatabaseSettings: Sendable {
  /// Blocks, indexes and filters read from disk, in bytes.
  public var blockCache: Int
  /// Written but not yet in sorted files, in bytes; also the bound of the write-ahead log, which a start
  /// replays.
  public var writeBuffers: Int

  public init(blockCache: Int = 32 << 20, writeBuffers: Int = 64 << 20) {
    precondition(blockCache > 0 && writeBuffers > 0, "a database needs memory")
    self.blockCache = blockCache
    self.writeBuffers = writeBuffers
  }
}

/// RocksDB's option objects, freed together.
@safe final class Options: @unchecked Sendable {
  // Unchecked: set up in `init`, only read afterwards, by RocksDB from any thread.
  let database: OpaquePointer
  let read: OpaquePointer
  let write: OpaquePointer
  let syncedWrite: OpaquePointer

  /// A family takes its memory in blocks of this size; RocksDB's own 1 MB, times the families of many tasks,
  /// would fill the write buffers with emptiness.
  private static let arenaBlock = 64 << 10
  /// One false answer in a hundred costs one read of a block.
  private static let filterBitsPerKey: Double = 10

  init(_ settings: DatabaseSettings) {
    unsafe database = rocksdb_options_create()
    unsafe read = rocksdb_readoptions_create()
    unsafe write = rocksdb_writeoptions_create()
    unsafe syncedWrite = rocksdb_writeoptions_create()
    unsafe rocksdb_writeoptions_set_sync(syncedWrite, 1)
    // A change in a family that another thread has just dropped must not make RocksDB refuse all others.
    unsafe rocksdb_writeoptions_set_ignore_missing_column_families(write, 1)
    unsafe rocksdb_writeoptions_set_ignore_missing_column_families(syncedWrite, 1)
    unsafe rocksdb_options_set_create_if_missing(database, 1)
    unsafe rocksdb_options_set_db_write_buffer_size(database, settings.writeBuffers)
    unsafe rocksdb_options_set_max_total_wal_size(database, UInt64(settings.writeBuffers))
    unsafe rocksdb_options_set_arena_block_size(database, Self.arenaBlock)
    unsafe rocksdb_options_set_compression(database, Int32(rocksdb_lz4_compression))
    unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(database, 1)
    unsafe rocksdb_options_set_max_background_jobs(database, 2)
    unsafe rocksdb_options_set_skip_stats_update_on_db_open(database, 1)
    unsafe rocksdb_options_set_keep_log_file_num(database, 2)
    setTables(blockCache: settings.blockCache)
  }

  private func setTables(blockCache: Int) {
    let tables = unsafe rocksdb_block_based_options_create()
    let cache = unsafe rocksdb_cache_create_lru(blockCache)
    let filter = unsafe rocksdb_filterpolicy_create_bloom_full(Self.filterBitsPerKey)
    unsafe rocksdb_block_based_options_set_filter_policy(tables, filter)  // which then owns it
    unsafe rocksdb_block_based_options_set_block_cache(tables, cache)
    // Without this, indexes and filters would grow with the state, outside every bound.
    unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
    unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1)
    unsafe rocksdb_options_set_block_based_table_factory(database, tables)
    unsafe rocksdb_cache_destroy(cache)
    unsafe rocksdb_block_based_options_destroy(tables)
  }

  deinit {
    unsafe rocksdb_options_destroy(database)
    unsafe rocksdb_readoptions_destroy(read)
    unsafe rocksdb_writeoptions_destroy(write)
    unsafe rocksdb_writeoptions_destroy(syncedWrite)
  }
}
