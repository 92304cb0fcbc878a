from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog_ai', '0016_unidentified_last'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='classification',
            index=models.Index(condition=models.Q(('state', 'rejected')), fields=['state', 'id'], name='catalog_ai_cls_rejected'),
        ),
        migrations.AddIndex(
            model_name='classification',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['state', 'id'], name='catalog_ai_cls_failed'),
        ),
        migrations.AddIndex(
            model_name='classification',
            index=models.Index(condition=models.Q(('state', 'cancelled')), fields=['state', 'id'], name='catalog_ai_cls_cancelled'),
        ),
    ]
