// One incident from Kotlin, over what UniFFI writes: a folder, the change that did it, an error, stopping, closing.
import java.io.File
import kotlin.coroutines.cancellation.CancellationException
import kotlin.system.exitProcess
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.isActive
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import rca.bindings.RawException
import rca.bindings.RawWorkspace
import rca.bindings.Watcher
import rca.bindings.runInquiry
import rca.bindings.version

private var passed = 0
private var failed = 0

private fun check(what: String, holds: Boolean) {
    if (holds) passed++ else failed++
    if (!holds) println("FAILED: $what")
}

/** Text or number of a name in a document; the first one. */
private fun member(document: String, name: String): String? =
    Regex("\"$name\":\\s*\"?([^\",}]+)").find(document)?.groupValues?.get(1)

private fun failure(work: () -> Unit): RawException.Failed? =
    try {
        work()
        null
    } catch (error: RawException.Failed) {
        error
    }

/** Asks whether to go on, and counts what it was told. */
private class Asking(private val goOn: () -> Boolean) : Watcher {
    @Volatile var records = 0uL

    override fun look(input: String, records: ULong, bytes: ULong): Boolean {
        this.records = records
        return goOn()
    }
}

/** Blocking work away from the coroutine's thread, which ends when the coroutine is cancelled. */
private suspend fun <T> detached(work: (Watcher) -> T): T =
    withContext(Dispatchers.IO) {
        try {
            work(Asking { isActive })
        } catch (error: RawException.Failed) {
            if (error.kind == "cancelled") throw CancellationException(error.reason)
            throw error
        }
    }

private fun aFolderHoldsTheCase(incident: String, folder: String, guilty: String) {
    check("the version is told", version().isNotEmpty())
    val asking = Asking { true }
    val id: String
    RawWorkspace.open(folder, false, false, "", null).use { workspace ->
        check("one at a time", failure { RawWorkspace.open(folder, false, false, "", null) }?.kind == "busy")
        val answer = runInquiry("{\"paths\": [\"$incident\"]}", emptyList(), workspace, asking)
        check("progress is told", asking.records > 0uL)
        val analysis = answer.analysis()
        id = member(analysis, "investigation") ?: ""
        check("a change did it", member(analysis, "verdict") == "change")
        val cause = workspace.rootCauses(id, 1u)
        check("which one", member(cause, "sha") == guilty)
        println("most likely: ${member(cause, "title")} (${member(cause, "probability")})")
        val missing = failure { workspace.event("01900000-0000-7000-8000-000000000000") }
        check("errors have a kind", missing?.kind == "not_found" && missing.reason.isNotEmpty())
        val query = failure { workspace.search("{\"text\": \"(hold\"}") }
        check("errors say where", query?.kind == "invalid_input" && query.column != null)
        workspace.letGo()
        check("closed is closed", failure { workspace.eventCount() }?.kind == "busy")
    }
    RawWorkspace.open(folder, true, false, "", null).use { workspace ->
        check("the folder was freed, the answer kept", workspace.analysis(id) != null)
    }
}

private fun aCancelledCoroutineStoresNothing(incident: String, guilty: String) = runBlocking {
    RawWorkspace.open(null, false, false, "", null).use { workspace ->
        val done = async { detached { workspace.investigateBundle(incident, it) } }
        check("the same from a coroutine", done.await().contains(guilty))
    }
    RawWorkspace.open(null, false, false, "", null).use { workspace ->
        val begun = CompletableDeferred<Unit>()
        val work = async {
            detached { watcher ->
                val telling = object : Watcher {
                    override fun look(input: String, records: ULong, bytes: ULong): Boolean {
                        begun.complete(Unit)
                        // Until it was cancelled, so that it does not end before.
                        while (watcher.look(input, records, bytes)) Thread.sleep(1)
                        return false
                    }
                }
                workspace.investigateBundle(incident, telling)
            }
        }
        begun.await()
        work.cancel()
        val cancelled = try { work.await(); false } catch (_: CancellationException) { true }
        work.join()
        check("a cancelled coroutine ends so", cancelled)
        check("and nothing is stored", workspace.eventCount() == 0uL)
    }
}

fun main(arguments: Array<String>) {
    val (incident, folder) = arguments
    val guilty = member(File(incident, "truth.json").readText(), "root_cause_commit") ?: ""
    aFolderHoldsTheCase(incident, folder, guilty)
    aCancelledCoroutineStoresNothing(incident, guilty)
    println("$passed passed, $failed failed")
    exitProcess(if (failed == 0 && passed > 0) 0 else 1)
}
