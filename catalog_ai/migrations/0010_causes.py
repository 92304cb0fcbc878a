from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog_ai', '0009_rollback_actor'),
    ]

    operations = [
        migrations.AddField(
            model_name='healthcheck',
            name='state_code',
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name='healthcheck',
            name='state_figures',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='run',
            name='state_code',
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name='run',
            name='state_figures',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name='healthcheck',
            name='state_reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='why'),
        ),
    ]
