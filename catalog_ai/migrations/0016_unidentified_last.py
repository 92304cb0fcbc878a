from django.db import migrations, models
from django.db.models import F

AT_ONCE = 5_000  # reviewers and workers wait for no more than these


def put_last(apps, schema_editor):
    """What waits is put in the order of what will come: nothing recognised, nothing to approve."""
    rows = apps.get_model('catalog_ai', 'Classification').objects.using(schema_editor.connection.alias)
    first = rows.filter(state='unidentified', is_current=True, uncertainty__gt=0)
    pks = list(first.values_list('pk', flat=True))
    for start in range(0, len(pks), AT_ONCE):
        first.filter(pk__in=pks[start:start + AT_ONCE]).update(uncertainty=F('uncertainty') - 1)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalog_ai', '0015_decision_actor'),
    ]

    operations = [
        migrations.AlterField(
            model_name='classification',
            name='uncertainty',
            field=models.FloatField(default=0.0, help_text='0 where the model is sure, 1 where it knows nothing: orders the queue. Less by 1, and so last, where nothing was recognised.', verbose_name='uncertainty'),
        ),
        migrations.RunPython(put_last, migrations.RunPython.noop),
    ]
