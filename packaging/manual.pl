#!/usr/bin/perl
# What a package has beside the command "healthcode", made from the screens of
# its own --help, so that they never differ:
#
#     packaging/manual.pl man HEALTHCODE      healthcode(1), in man(7)
#     packaging/manual.pl bash HEALTHCODE     completion for bash

use strict;
use warnings;

my ($kind, $command) = @ARGV;
my %make = (man => \&man, bash => \&bash);
@ARGV == 2 && $make{$kind} or die "usage: packaging/manual.pl man|bash HEALTHCODE\n";


sub screen {
    my (@words) = @_;
    open my $out, '-|', $command, @words or die "manual: $command: $!\n";
    my @lines = <$out>;
    close $out or die "manual: $command @words has failed\n";
    chomp @lines;
    return @lines;
}


# name => its one line, in the order of the first screen
sub parts {
    my (@parts, %line);
    for (screen('--help')) {
        next if !/^    healthcode (\w+) +(\S.*)$/ || $line{$1};
        $line{$1} = $2;
        push @parts, $1;
    }
    @parts or die "manual: \"$command --help\" names no part\n";
    return \@parts, \%line;
}


sub roff {
    my ($text) = @_;
    $text =~ s/\\/\\e/g;
    $text =~ s/-/\\-/g;
    $text =~ s/'/\\(aq/g;
    $text =~ s/^\./\\&./;
    return $text;
}


sub verbatim { return join "\n", '.nf', (map { roff($_) } @_), '.fi', '' }


sub man {
    my ($parts) = parts();
    my ($version) = join('', screen('--version')) =~ /^(healthcode \S+)/;
    my @first = screen('--help');
    my ($name, $what) = $first[0] =~ /^(\w+): (.+)$/
        or die "manual: no first line\n";

    print ".\\\" Made from the command's --help.\n",
        ".TH HEALTHCODE 1 \"\" \"$version\" \"User Commands\"\n",
        ".SH NAME\n", roff($name), ' \- ', roff($what), "\n",
        ".SH SYNOPSIS\n.B healthcode\n.I part\n.RI [ argument ]...\n",
        ".SH DESCRIPTION\n", verbatim(@first[2 .. $#first]);
    print '.SH ', roff(uc "healthcode $_"), "\n", verbatim(screen($_, '--help'))
        for @$parts;
    print ".SH SEE ALSO\n.BR nginx (8),\n.BR redis\\-server (1)\n";
}


sub bash {
    my ($parts) = parts();
    my %words;
    for my $part (@$parts) {
        my %seen;
        my $text = join "\n", screen($part, '--help');
        $seen{$1} = 1 while $text =~ /(?<![\w-])(--[a-z][a-z-]*)/g;
        $seen{$1} = 1 while $text =~ /^ *healthcode $part ([a-z][a-z-]+)/mg;
        $words{$part} = join ' ', sort keys %{ { %seen, '--help' => 1 } };
    }

    print "# bash completion for healthcode(1); made from the command's --help.\n\n",
        "_healthcode()\n{\n    local words\n\n    case \$COMP_CWORD in\n",
        "    1) words='@$parts help --help --version' ;;\n",
        "    *) case \${COMP_WORDS[1]} in\n",
        (map { "       $_) words='$words{$_}' ;;\n" } @$parts),
        "       help) words='@$parts' ;;\n       esac ;;\n    esac\n\n",
        "    mapfile -t COMPREPLY < <(compgen -W \"\$words\"",
        " -- \"\${COMP_WORDS[COMP_CWORD]}\")\n}\n\n",
        "complete -o default -F _healthcode healthcode\n";
}


$make{$kind}->();
