"""Writes: atomic, once per operation_id, on the version that was named, within the limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.helpers.metrics import sample
from tests.unit.graphs.callers import act_as
from tests.unit.graphs.conftest import OpenGraphs
from tests.unit.graphs.faults import FaultyStore
from tests.unit.graphs.reference import seen

from networkx_mcp.analysis.definition import Analysis
from networkx_mcp.arrays.edits import AddEdges, AddNodes, Clear, RemoveNodes, SetGraphAttributes
from networkx_mcp.errors import Conflict, InvalidInput, LimitExceeded, NotFound, StoreUnavailable
from networkx_mcp.graphs.service import Graphs


def counted(operation: str, outcome: str) -> float:
    return sample("graph_operations_total", operation=operation, outcome=outcome)


class TestCreate:
    async def test_a_graph_begins_at_version_one_with_what_was_given(self, graphs: Graphs) -> None:
        info = await graphs.create(
            "g", True, "roads", {"unit": "km"}, [AddEdges(edges=[("a", "b")], attributes=[{"weight": 2}])]
        )
        assert (info.version, info.nodes, info.edges, info.directed, info.description) == (1, 2, 1, True, "roads")
        assert info.created == info.updated > 0
        assert not info.repeated
        state, head, seen_info = await graphs.view("g")
        assert seen_info == info
        assert head.version == 1
        assert state.graph_attributes == {"unit": "km"}
        assert state.edge_attributes("a", "b") == {"weight": 2}

    async def test_it_is_the_same_on_another_replica(self, graphs: Graphs, open_graphs: OpenGraphs) -> None:
        info = await graphs.create("g", False, edits=[AddNodes(nodes=[1, "1"])])
        other = open_graphs()
        state, _, other_info = await other.view("g")
        assert other_info == info
        assert list(state.nodes(0, 10)) == [1, "1"]

    async def test_an_id_is_minted_when_none_is_given(self, graphs: Graphs) -> None:
        first, second = await graphs.create(None, False), await graphs.create(None, False)
        assert first.graph_id != second.graph_id
        assert first.graph_id.startswith("g-")

    async def test_a_taken_id_is_a_conflict_that_tells_the_version(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        await graphs.edit("g", [AddNodes(nodes=[1])])
        with pytest.raises(Conflict, match="exists already") as caught:
            await graphs.create("g", False)
        assert caught.value.data["version"] == 2

    async def test_bad_contents_make_no_graph(self, graphs: Graphs) -> None:
        with pytest.raises(InvalidInput):
            await graphs.create("g", False, edits=[AddEdges(edges=[(1, 2), (2, 1)])])
        with pytest.raises(NotFound):
            await graphs.info("g")

    @pytest.mark.parametrize("graph_id", [None, "g"])
    async def test_a_repeat_answers_the_first_result(
        self, graphs: Graphs, open_graphs: OpenGraphs, graph_id: str | None
    ) -> None:
        first = await graphs.create(graph_id, True, "d", {}, [AddNodes(nodes=[1])], operation_id="op")
        await graphs.edit(first.graph_id, [AddNodes(nodes=[2])])
        again = await open_graphs().create(graph_id, True, "d", {}, [AddNodes(nodes=[1])], operation_id="op")
        assert again.repeated
        assert (again.graph_id, again.version, again.nodes) == (first.graph_id, 1, 1)
        assert len((await graphs.list()).items) == 1

    async def test_a_repeat_of_a_lost_answer_makes_one_graph(self, graphs: Graphs, store: FaultyStore) -> None:
        store.lose_answer_of("create")
        with pytest.raises(StoreUnavailable):
            await graphs.create(None, False, operation_id="op")
        info = await graphs.create(None, False, operation_id="op")
        assert info.repeated
        assert [one.graph_id for one in (await graphs.list()).items] == [info.graph_id]

    async def test_of_many_creations_of_one_id_one_wins(self, open_graphs: OpenGraphs) -> None:
        replicas = [open_graphs(), open_graphs()]
        outcomes = await asyncio.gather(
            *(replicas[at % 2].create("g", False, edits=[AddNodes(nodes=[at])]) for at in range(10)),
            return_exceptions=True,
        )
        assert sum(not isinstance(outcome, Conflict) for outcome in outcomes) == 1


class TestEdit:
    async def test_each_edit_is_a_version_and_tells_what_it_did(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        outcome = await graphs.edit("g", [AddEdges(edges=[(1, 2)]), SetGraphAttributes(attributes={"a": 1})])
        assert (outcome.version, outcome.nodes, outcome.edges, outcome.repeated) == (2, 2, 1, False)
        assert (outcome.summary.nodes_added, outcome.summary.edges_added) == (2, 1)
        info = await graphs.info("g")
        assert (info.version, info.nodes, info.edges) == (2, 2, 1)
        assert info.updated >= info.created

    async def test_a_bad_edit_changes_nothing(self, graphs: Graphs) -> None:
        await graphs.create("g", False, edits=[AddNodes(nodes=[1])])
        before = seen((await graphs.view("g")).state)
        with pytest.raises(NotFound):
            await graphs.edit("g", [AddNodes(nodes=[2]), RemoveNodes(nodes=[3])])
        state, head, _ = await graphs.view("g")
        assert head.version == 1
        assert seen(state) == before

    async def test_an_unknown_graph_is_named_with_the_nearest(self, graphs: Graphs) -> None:
        await graphs.create("roads", False)
        with pytest.raises(NotFound) as caught:
            await graphs.edit("raods", [AddNodes(nodes=[1])])
        assert caught.value.data["nearest"] == "roads"

    async def test_what_another_replica_added_counts_at_once(self, open_graphs: OpenGraphs) -> None:
        one, two = open_graphs(), open_graphs()
        await one.create("g", False)
        await two.view("g")
        await one.edit("g", [AddNodes(nodes=["new"])])
        # two is behind: it must not answer that there is no such node
        assert (await two.edit("g", [RemoveNodes(nodes=["new"])])).version == 3

    async def test_values_that_no_json_has_are_refused(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        bad: Any = AddNodes(nodes=[1], attributes=[{"x": object()}])
        with pytest.raises(InvalidInput):
            await graphs.edit("g", [bad])
        with pytest.raises(InvalidInput):
            await graphs.edit("g", [AddNodes(nodes=[1], attributes=[{"x": float("nan")}])])

    async def test_a_graph_made_anew_by_another_is_not_confused_with_the_old(self, open_graphs: OpenGraphs) -> None:
        one, two = open_graphs(), open_graphs()
        await one.create("g", False, edits=[AddNodes(nodes=["old"])])
        await two.view("g")
        await one.delete("g")
        await one.create("g", True, edits=[AddNodes(nodes=["new"])])
        assert (await two.edit("g", [AddNodes(nodes=["more"])])).nodes == 2
        state = (await two.view("g")).state
        assert list(state.nodes(0, 10)) == ["new", "more"]
        assert state.directed


class TestVersion:
    async def test_an_edit_on_the_named_version_is_done(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        assert (await graphs.edit("g", [AddNodes(nodes=[1])], if_version=1)).version == 2

    async def test_another_version_is_a_conflict_with_the_current_one(self, open_graphs: OpenGraphs) -> None:
        one, two = open_graphs(), open_graphs()
        await one.create("g", False)
        await two.view("g")
        await one.edit("g", [AddNodes(nodes=[1])])
        for replica in (one, two):
            with pytest.raises(Conflict) as caught:
                await replica.edit("g", [AddNodes(nodes=[2])], if_version=1)
            assert caught.value.data["version"] == 2

    async def test_a_version_that_this_replica_has_not_seen_is_fetched(self, open_graphs: OpenGraphs) -> None:
        one, two = open_graphs(), open_graphs()
        await one.create("g", False)
        await two.view("g")
        await one.edit("g", [AddNodes(nodes=[1])])
        assert (await two.edit("g", [AddNodes(nodes=[2])], if_version=2)).version == 3

    async def test_of_many_on_one_version_one_wins(self, open_graphs: OpenGraphs) -> None:
        replicas = [open_graphs(), open_graphs()]
        await replicas[0].create("g", False)
        outcomes = await asyncio.gather(
            *(replicas[at % 2].edit("g", [AddNodes(nodes=[at])], if_version=1) for at in range(10)),
            return_exceptions=True,
        )
        assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
        assert all(one.data["version"] == 2 for one in outcomes if isinstance(one, Conflict))

    async def test_delete_takes_a_version_too(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        with pytest.raises(Conflict) as caught:
            await graphs.delete("g", if_version=7)
        assert caught.value.data["version"] == 1
        assert (await graphs.delete("g", if_version=1)).version == 1

    async def test_a_writer_that_always_meets_others_is_told_in_the_end(
        self, open_graphs: OpenGraphs, store: FaultyStore
    ) -> None:
        one, two = open_graphs(), open_graphs(on=store.inner)
        await one.create("g", False)
        await two.view("g")
        added = 0

        async def first_another(method: str, phase: str) -> None:
            nonlocal added
            if (method, phase) == ("append", "before"):
                added += 1
                await two.edit("g", [AddNodes(nodes=[f"other{added}"])])

        store.hook = first_another
        with pytest.raises(Conflict) as caught:
            await one.edit("g", [AddNodes(nodes=["mine"])])
        assert caught.value.retry_after
        store.hook = None
        assert not (await one.view("g")).state.has_node("mine")
        assert (await one.edit("g", [AddNodes(nodes=["mine"])])).version == added + 2


class TestOperationIds:
    async def test_a_repeat_is_done_once_and_answers_the_first_result(self, open_graphs: OpenGraphs) -> None:
        one, two = open_graphs(), open_graphs()
        await one.create("g", False)
        first = await one.edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op")
        await one.edit("g", [AddNodes(nodes=[3])])
        for replica in (one, two):
            again = await replica.edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op")
            assert again.repeated
            assert (again.version, again.nodes, again.edges, again.summary) == (2, 2, 1, first.summary)
        assert (await one.info("g")).version == 3

    async def test_also_when_the_first_answer_was_lost(self, graphs: Graphs, store: FaultyStore) -> None:
        await graphs.create("g", False)
        store.lose_answer_of("append")
        with pytest.raises(StoreUnavailable):
            await graphs.edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op")
        # the resident copy is behind now; whoever reads sees the write
        assert (await graphs.view("g")).state.m == 1
        again = await graphs.edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op")
        assert again.repeated
        assert again.version == 2

    async def test_also_when_the_named_version_has_gone_by(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        await graphs.edit("g", [AddNodes(nodes=[1])], if_version=1, operation_id="op")
        again = await graphs.edit("g", [AddNodes(nodes=[1])], if_version=1, operation_id="op")
        assert (again.repeated, again.version) == (True, 2)

    async def test_also_when_the_graph_is_gone(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        await graphs.edit("g", [AddNodes(nodes=[1])], operation_id="edit")
        first = await graphs.delete("g", operation_id="delete")
        assert (await graphs.edit("g", [AddNodes(nodes=[1])], operation_id="edit")).repeated
        again = await graphs.delete("g", operation_id="delete")
        assert (again.repeated, again.version) == (True, first.version)

    async def test_a_lost_answer_of_delete_is_recognised(self, graphs: Graphs, store: FaultyStore) -> None:
        await graphs.create("g", False)
        store.lose_answer_of("delete")
        with pytest.raises(StoreUnavailable):
            await graphs.delete("g", operation_id="op")
        assert (await graphs.delete("g", operation_id="op")).repeated
        with pytest.raises(NotFound):
            await graphs.delete("g", operation_id="another")

    async def test_the_same_id_for_another_request_is_refused(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        await graphs.edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op")
        for edits in ([AddNodes(nodes=[9])], [AddEdges(edges=[(1, 2), (2, 1)])], [RemoveNodes(nodes=["none"])]):
            with pytest.raises(InvalidInput) as caught:
                await graphs.edit("g", edits, operation_id="op")
            assert caught.value.data["field"] == "operation_id"

    async def test_many_repeats_at_once_happen_once(self, open_graphs: OpenGraphs) -> None:
        replicas = [open_graphs(), open_graphs()]
        await replicas[0].create("g", False)
        outcomes = await asyncio.gather(
            *(replicas[at % 2].edit("g", [AddEdges(edges=[(1, 2)])], operation_id="op") for at in range(12))
        )
        assert {outcome.version for outcome in outcomes} == {2}
        assert sum(not outcome.repeated for outcome in outcomes) == 1


class TestLimits:
    async def test_nodes_up_to_the_limit_and_not_beyond(self, open_graphs: OpenGraphs) -> None:
        graphs = open_graphs(limits={"graph_nodes": 5})
        await graphs.create("g", False, edits=[AddNodes(nodes=[1, 2, 3, 4])])
        await graphs.edit("g", [AddNodes(nodes=[5])])
        with pytest.raises(LimitExceeded, match=r"limits\.graph_nodes") as caught:
            await graphs.edit("g", [AddNodes(nodes=[6])])
        data = caught.value.data
        assert (data["limit"], data["setting"], data["maximum"], data["actual"]) == (
            "graph_nodes", "limits.graph_nodes", 5, 6,
        )  # fmt: skip
        assert (await graphs.info("g")).version == 2
        with pytest.raises(LimitExceeded):
            await graphs.create("h", False, edits=[AddNodes(nodes=list(range(6)))])

    async def test_edges_up_to_the_limit_and_not_beyond(self, open_graphs: OpenGraphs) -> None:
        graphs = open_graphs(limits={"graph_edges": 2})
        await graphs.create("g", False, edits=[AddEdges(edges=[(1, 2), (2, 3)])])
        with pytest.raises(LimitExceeded, match=r"limits\.graph_edges"):
            await graphs.edit("g", [AddEdges(edges=[(3, 4)])])
        assert (await graphs.view("g")).state.m == 2

    async def test_what_another_replica_removed_makes_room(self, open_graphs: OpenGraphs) -> None:
        one, two = (open_graphs(limits={"graph_nodes": 2}) for _ in range(2))
        await one.create("g", False, edits=[AddNodes(nodes=[1, 2])])
        await two.view("g")
        await one.edit("g", [RemoveNodes(nodes=[1])])
        assert (await two.edit("g", [AddNodes(nodes=[3])])).nodes == 2

    async def test_a_graph_above_a_lowered_limit_may_shrink(self, open_graphs: OpenGraphs) -> None:
        await open_graphs().create("g", False, edits=[AddNodes(nodes=list(range(10)))])
        graphs = open_graphs(limits={"graph_nodes": 5})
        assert (await graphs.edit("g", [RemoveNodes(nodes=[0])])).nodes == 9
        with pytest.raises(LimitExceeded):
            await graphs.edit("g", [AddNodes(nodes=[0])])
        assert (await graphs.edit("g", [Clear()])).nodes == 0

    async def test_graphs_of_a_tenant_up_to_the_limit_and_not_beyond(self, open_graphs: OpenGraphs) -> None:
        graphs = open_graphs(limits={"tenant_graphs": 2})
        await graphs.create("a", False)
        await graphs.create("b", False)
        with pytest.raises(LimitExceeded):
            await graphs.create("c", False)
        act_as("u")
        await graphs.create("c", False)

    async def test_bytes_of_a_graph_up_to_the_limit_and_not_beyond(self, open_graphs: OpenGraphs) -> None:
        graphs = open_graphs(limits={"graph_mb": 1})
        await graphs.create("g", False)
        text = "x" * 120_000
        for node in range(8):
            await graphs.edit("g", [AddNodes(nodes=[node], attributes=[{"t": text}])])
        with pytest.raises(LimitExceeded) as caught:
            await graphs.edit("g", [AddNodes(nodes=[8], attributes=[{"t": text}])])
        assert caught.value.data["limit"] == "graph_bytes"
        state, head, _ = await graphs.view("g")
        assert (state.n, head.version) == (8, 9)

    @pytest.mark.parametrize(
        "edit",
        [
            AddNodes(nodes=["a"], attributes=[{"note": [[]] * 400}]),
            AddEdges(edges=[("a", "b")], attributes=[{"note": "x" * 1100}]),
            SetGraphAttributes(attributes={"note": "x" * 1100}),
        ],
        ids=lambda edit: type(edit).__name__,
    )
    async def test_a_value_up_to_the_limit_and_not_beyond(self, open_graphs: OpenGraphs, edit: Any) -> None:
        graphs = open_graphs(limits={"value_kib": 1})
        before = sample("graph_limit_refusals_total", limit="value")
        await graphs.create("g", False, attributes={"note": "x" * 1022})
        for write in (graphs.edit("g", [edit]), graphs.create("h", False, edits=[edit])):
            with pytest.raises(LimitExceeded, match=r"'note'.*limits\.value_kib") as caught:
                await write
            assert caught.value.data["limit"] == "value"
        with pytest.raises(LimitExceeded):
            await graphs.create("h", False, attributes={"note": "x" * 1100})
        assert (await graphs.info("g")).version == 1
        assert sample("graph_limit_refusals_total", limit="value") == before + 3

    async def test_values_from_before_the_limit_stay(self, open_graphs: OpenGraphs) -> None:
        await open_graphs().create("g", False, edits=[AddNodes(nodes=["a"], attributes=[{"note": "x" * 5000}])])
        await open_graphs().edit("g", [AddNodes(nodes=["b"], attributes=[{"note": "y" * 5000}])])
        graphs = open_graphs(limits={"value_kib": 1})
        await graphs.edit("g", [AddNodes(nodes=["a"], attributes=[{"small": 1}])])
        state, _, _ = await graphs.view("g")
        assert state.node_attributes("a") == {"note": "x" * 5000, "small": 1}
        assert state.node_attributes("b") == {"note": "y" * 5000}


class TestTenants:
    async def test_a_foreign_id_and_an_absent_id_give_the_same_answer(self, graphs: Graphs) -> None:
        await graphs.create("g", False)
        act_as("u")
        answers = []
        for graph_id in ("g", "h"):
            for call in (
                graphs.view(graph_id),
                graphs.info(graph_id),
                graphs.edit(graph_id, [AddNodes(nodes=[1])]),
                graphs.delete(graph_id),
                graphs.analyse([graph_id], Analysis("echo:echo"), {}),
                graphs.export(graph_id, "csv"),
            ):
                with pytest.raises(NotFound) as caught:
                    await call
                answers.append(str(caught.value.as_dict()).replace(f"'{graph_id}'", "ID"))
        assert len(set(answers)) == 1
        assert (await graphs.list()).items == []

    async def test_two_tenants_may_use_one_id(self, graphs: Graphs) -> None:
        await graphs.create("g", False, edits=[AddNodes(nodes=["t"])])
        act_as("u")
        await graphs.create("g", True, edits=[AddNodes(nodes=["u"])])
        assert list((await graphs.view("g")).state.nodes(0, 9)) == ["u"]
        act_as("t")
        assert list((await graphs.view("g")).state.nodes(0, 9)) == ["t"]


class TestList:
    async def test_pages_in_order_of_id(self, graphs: Graphs) -> None:
        for graph_id in ("b", "a-1", "a", "c", "a_2"):
            await graphs.create(graph_id, False)
        page = await graphs.list(limit=2)
        found = [one.graph_id for one in page.items]
        while page.next is not None:
            page = await graphs.list(page.next, 2)
            found += [one.graph_id for one in page.items]
        assert found == sorted(["b", "a-1", "a", "c", "a_2"])

    async def test_with_a_prefix(self, graphs: Graphs) -> None:
        for graph_id in ("b", "a-1", "a", "c", "a_2", "ab"):
            await graphs.create(graph_id, False)
        first = await graphs.list(limit=2, prefix="a")
        second = await graphs.list(first.next or "", 2, prefix="a")
        assert [one.graph_id for one in first.items + second.items] == ["a", "a-1", "a_2", "ab"]
        assert second.next is None

    @pytest.mark.parametrize("limit", [0, 201, -1])
    async def test_pages_are_bounded(self, graphs: Graphs, limit: int) -> None:
        with pytest.raises(InvalidInput):
            await graphs.list(limit=limit)


async def test_operations_are_counted_by_outcome(graphs: Graphs) -> None:
    before = [counted("edit", outcome) for outcome in ("ok", "not_found", "client_error")]
    await graphs.create("g", False)
    await graphs.edit("g", [AddNodes(nodes=[1])])
    with pytest.raises(NotFound):
        await graphs.edit("g", [RemoveNodes(nodes=[7])])
    with pytest.raises(InvalidInput):
        await graphs.edit("g", [AddEdges(edges=[(1, 1), (1, 1)])])
    after = [counted("edit", outcome) for outcome in ("ok", "not_found", "client_error")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1]
