# What docs/monitoring/ has: its rules, the expressions of its dashboard, the
# metrics and labels that they name.  Runs nothing.
# For t/43-monitoring.t and t/monitoring/.

package Healthcode::Monitoring;

use strict;
use warnings;

use CPAN::Meta::YAML ();
use Exporter qw(import);
use JSON::PP ();

use Healthcode::Docs qw(slurp document);

our @EXPORT_OK = qw(rules alerts dashboard expressions plain metrics labels
                    documented);


# The rules of a file in their order, each as its YAML is; its lines of an
# expression end where they do there, without indentation.
sub rules {
    my ($path) = @_;
    my $yaml = CPAN::Meta::YAML->read($path)
        or die CPAN::Meta::YAML->errstr;
    return map { @{ $_->{rules} } } @{ $yaml->[0]{groups} };
}


sub alerts { return grep { $_->{alert} } rules(@_) }


sub dashboard { return JSON::PP->new->utf8->decode(slurp($_[0])) }


# Where it stands => expression, of each panel, variable and annotation.
sub expressions {
    my ($dashboard) = @_;
    my %found;
    for my $panel (@{ $dashboard->{panels} }) {
        $found{"panel \"$panel->{title}\", $_->{refId}"} = $_->{expr}
            for @{ $panel->{targets} || [] };
    }
    for my $variable (@{ $dashboard->{templating}{list} }) {
        $found{"variable \"$variable->{name}\""} = $1
            if ref $variable->{query}
            && $variable->{query}{query} =~ /^label_values\((.*), \w+\)$/;
    }
    for my $annotation (@{ $dashboard->{annotations}{list} }) {
        $found{"annotation \"$annotation->{name}\""} = $annotation->{expr}
            if $annotation->{expr};
    }
    return %found;
}


# As Grafana sends it, with all gates chosen.
sub plain {
    my ($expr) = @_;
    $expr =~ s/\$__rate_interval/5m/g;
    $expr =~ s/\$\w+/.*/g;
    return $expr;
}


# The names of our metrics in an expression, without those that rules record.
sub metrics {
    my ($expr) = @_;
    $expr =~ s/"[^"]*"//g;
    my %names = map { $_ => 1 } $expr =~ /(?<![\w:])(healthcode_\w+)(?![\w:])/g;
    return sort keys %names;
}


# "METRIC LABEL" of each label by which an expression selects a metric of ours.
sub labels {
    my ($expr) = @_;
    my %labels;
    while ($expr =~ /(?<![\w:])(healthcode_\w+)\{([^}]*)\}/g) {
        my ($name, $selector) = ($1, $2);
        $labels{"$name $_"} = 1 for $selector =~ /(\w+)\s*(?:=~|!~|!=|=)\s*"/g;
    }
    return sort keys %labels;
}


# NAME => type of each metric of docs/monitoring/metrics.md, with what a
# histogram consists of.
sub documented {
    my ($root) = @_;
    my %type;
    for my $row (@{ document($root, 'docs/monitoring/metrics.md')->{rows} }) {
        next if $row->{head}[0] ne 'metric';
        my ($name) = $row->{cells}[0] =~ /`(\w+)`/;
        my $type = $row->{cells}[1];
        $type{ "$name$_" } = $type
            for $type eq 'histogram' ? qw(_bucket _sum _count) : '';
    }
    return %type;
}

1;
