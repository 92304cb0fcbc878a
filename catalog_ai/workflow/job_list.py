"""Which jobs Redis holds: what is among them need not be sent again."""

from rq.job import Job

from catalog_ai.workflow.queues import open_queue


def list_jobs(queue_name: str) -> set[str]:
    """Descriptions of a queue's jobs that wait or are at work.

    What a dead worker had in hand, rq itself queues again on being asked.

    Raises:
        RedisError: the queue cannot be reached.
    """
    queue = open_queue(queue_name)
    started = queue.started_job_registry
    # In this order: a job is started meanwhile, or ends and leaves behind one like it.
    found = [*started.get_job_ids(), *queue.get_job_ids(), *started.get_job_ids()]
    pipeline = queue.connection.pipeline(transaction=False)
    for job_id in set(found):
        # Not the whole job: one of a thousand products is large.
        pipeline.hget(Job.key_for(job_id), "description")
    return {text.decode() for text in pipeline.execute() if text}


def describe_job(job: str, pk: int) -> str:
    """What rq writes on a job of ours that has one row in hand."""
    return f"{job}({pk})"
